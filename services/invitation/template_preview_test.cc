#include "services/invitation/template_preview.h"

#include <catch2/catch.hpp>

#include "services/invitation/default_template.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

absl::StatusOr<PreviewTemplateResponse> Preview(TestWorld& world,
                                                const PreviewTemplateRequest& request) {
  return world.staff->Call<PreviewTemplateResponse>(request);
}

absl::StatusOr<Message> SendTest(TestWorld& world, const SendTestMessageRequest& request) {
  const auto response = world.staff->Call<SendTestMessageResponse>(request);
  if (!response.ok()) return response.status();
  return response->message();
}

SendTestMessageRequest ToStaff() {
  SendTestMessageRequest request;
  request.set_id(kDefaultTemplateId);
  request.set_recipient("Boss@Hauler.example");
  return request;
}

TEST_CASE("A preview shows a contact what it would get, but for the link", "[preview]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  PreviewTemplateRequest request;
  request.set_id(kDefaultTemplateId);
  request.set_contact_id(kContactId);
  const auto shown = Preview(world, request);
  REQUIRE(shown.ok());
  CHECK(shown->subject() == "North invites you to the customer portal");
  for (const std::string& body : {shown->html_body(), shown->text_body()}) {
    CHECK_THAT(body, Catch::Contains("Hello John Doe,") && Catch::Contains("Renovation Gym") &&
                         Catch::Contains("4941") && Catch::Contains("11 June 2026"));
    CHECK_THAT(body, Catch::Contains(
                         "https://portal.hauler.example/accept#token=EXAMPLE-NOT-A-REAL-LINK"));
  }
  CHECK(shown->problems().empty());
  CHECK(world.Count("select count(*) from invitation") == 0);
  CHECK(world.Count("select count(*) from message") == 0);

  request.set_contact_id("con_nobody");
  CHECK(absl::IsNotFound(Preview(world, request).status()));
  request.set_id("tpl_none");
  CHECK(absl::IsNotFound(Preview(world, request).status()));
}

TEST_CASE("A preview without a contact needs no other service", "[preview]") {
  TestWorld world;
  world.peers.FailAccounts(absl::UnavailableError("away"));
  PreviewTemplateRequest request;
  request.set_id(kDefaultTemplateId);
  const auto shown = Preview(world, request);
  REQUIRE(shown.ok());
  CHECK_THAT(shown->text_body(), Catch::Contains("Hello Jane Doe,"));
  world.peers.PutContact(world.John());
  request.set_contact_id(kContactId);
  CHECK(absl::IsUnavailable(Preview(world, request).status()));
}

TEST_CASE("A preview shows texts that are not stored, and what is wrong with them", "[preview]") {
  TestWorld world;
  PreviewTemplateRequest request;
  SECTION("of a template") {
    request.set_id(kDefaultTemplateId);
    request.set_subject("Come in, [ContactName]");
    request.set_html_body("<p onclick=\"x\">[ContactName] [Nonsense]</p>");
    request.set_text_body("");
    const auto shown = Preview(world, request);
    REQUIRE(shown.ok());
    CHECK(shown->subject() == "Come in, Jane Doe");
    CHECK(shown->html_body() == "<p>Jane Doe </p>");
    CHECK(shown->text_body() == "Jane Doe \n");
    REQUIRE(shown->removed_size() == 1);
    CHECK(shown->removed(0) == "attribute onclick of <p>");
    REQUIRE(shown->problems_size() == 2);
    CHECK(shown->problems(0).field() == "html_body");
    CHECK_THAT(shown->problems(0).description(), Catch::Contains("[Nonsense]"));
    CHECK_THAT(shown->problems(1).description(), Catch::Contains("[CustomerPortalLink]"));
  }
  SECTION("of none") {
    CHECK_THAT(std::string(Preview(world, request).status().message()), Catch::Contains("kind"));
    request.set_kind(TEMPLATE_KIND_TEMPORARY_PASSWORD);
    request.set_html_body("<p>[TemporaryPassword]</p>");
    request.set_locale("nonsense");
    const auto shown = Preview(world, request);
    REQUIRE(shown.ok());
    CHECK(shown->html_body() == "<p>EXAMPLE-NOT-A-PASSWORD</p>");
    CHECK(shown->problems(0).field() == "locale");
  }
}

TEST_CASE("A test mail looks like the real one and invites nobody", "[preview]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  SendTestMessageRequest request = ToStaff();
  request.set_contact_id(kContactId);
  const absl::StatusOr<Message> message = SendTest(world, request);
  REQUIRE(message.ok());
  CHECK(message->kind() == MESSAGE_KIND_TEST);
  CHECK(message->recipient() == "Boss@hauler.example");
  CHECK(message->sender() == "north@hauler.example");
  // Whose name it tells, so that it goes with the contact's data.
  CHECK(message->contact_id() == kContactId);
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  CHECK_THAT(Readable(world.sink.mails()[0]),
             Catch::Contains("Hello John Doe,") &&
                 Catch::Contains("/accept#token=EXAMPLE-NOT-A-REAL-LINK"));
  CHECK(world.GetMessage(message->id()).state() == MESSAGE_STATE_SENT);
  CHECK(world.Count("select count(*) from invitation") == 0);
}

TEST_CASE("A test mail without a contact comes from the portal's address", "[preview]") {
  TestWorld world;
  const absl::StatusOr<Message> message = SendTest(world, ToStaff());
  REQUIRE(message.ok());
  CHECK(message->sender() == "noreply@portal.example");
  world.Deliver();
  CHECK_THAT(Readable(world.sink.mails()[0]), Catch::Contains("Hello Jane Doe,"));
}

TEST_CASE("A test mail goes out to an address that gets no other", "[preview]") {
  TestWorld world;
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.suppressions.Add(session, "boss@hauler.example", "x",
                                                     world.clock.Now());
              })
              .ok());
  REQUIRE(SendTest(world, ToStaff()).ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("A test mail can be validated, and repeated by its request id", "[preview]") {
  TestWorld world;
  SendTestMessageRequest request = ToStaff();
  request.set_request_id("r1");
  request.set_validate_only(true);
  const absl::StatusOr<Message> tried = SendTest(world, request);
  REQUIRE(tried.ok());
  CHECK(tried->id().empty());
  CHECK(tried->subject() == "Example Division invites you to the customer portal");
  CHECK(world.Count("select count(*) from message") == 0);
  request.set_validate_only(false);
  const absl::StatusOr<Message> sent = SendTest(world, request);
  REQUIRE(sent.ok());
  CHECK(SendTest(world, request)->id() == sent->id());
  CHECK(world.Count("select count(*) from message") == 1);
  request.set_recipient("other@hauler.example");
  CHECK(absl::IsAlreadyExists(SendTest(world, request).status()));
  request.set_recipient("nobody");
  CHECK_THAT(std::string(SendTest(world, request).status().message()),
             Catch::Contains("recipient: got \"nobody\""));
}

TEST_CASE("A template that cannot be rendered any more ends its mail, not the queue", "[preview]") {
  TestWorld world;
  const absl::StatusOr<Message> message = SendTest(world, ToStaff());
  REQUIRE(message.ok());
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return session.Execute("delete from template_version").status();
              })
              .ok());
  world.Deliver();
  CHECK(world.GetMessage(message->id()).state() == MESSAGE_STATE_FAILED);
}

}  // namespace
}  // namespace portico::invitation
