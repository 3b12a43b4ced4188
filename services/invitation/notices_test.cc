#include "services/invitation/notices.h"

#include <absl/strings/match.h>

#include <catch2/catch.hpp>
#include <string>

#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

constexpr char kLink[] = "https://portal.hauler.example/reset#token=s3cr3t-t0ken";

EnqueueMessageRequest Reset() {
  EnqueueMessageRequest request;
  request.set_request_id("reset-1");
  request.set_kind(TEMPLATE_KIND_PASSWORD_RESET);
  request.set_recipient(kEmail);
  request.set_recipient_name("John <b> Doe");
  request.set_account_id(kAccountId);
  request.set_contact_id(kContactId);
  auto& user = *request.add_values();
  user.set_name("UserId");
  user.set_value("john.doe");
  auto& link = *request.add_secrets();
  link.set_name("PasswordResetLink");
  link.set_value(kLink);
  return request;
}

absl::StatusOr<std::string> Enqueue(TestWorld& world, const EnqueueMessageRequest& request) {
  const auto response = world.registration->Call<EnqueueMessageResponse>(request);
  if (!response.ok()) return response.status();
  return response->message_id();
}

TEST_CASE("A notice goes out at once, with its secret, which is stored only sealed", "[notice]") {
  TestWorld world;
  const auto id = Enqueue(world, Reset());
  INFO(id.status());
  REQUIRE(id.ok());
  CHECK_FALSE(absl::StrContains(world.database.Contents(), "s3cr3t-t0ken"));
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  const std::string text = Readable(world.sink.mails()[0]);
  CHECK(world.sink.mails()[0].recipient == kEmail);
  CHECK_THAT(text, Catch::Contains(kLink) && Catch::Contains("John &lt;b&gt; Doe"));
  CHECK_THAT(text, Catch::Contains("From: \"North\" <north@hauler.example>"));
  CHECK_THAT(text, !Catch::Contains("List-Unsubscribe"));
  const Message sent = world.GetMessage(*id);
  CHECK(sent.kind() == MESSAGE_KIND_NOTICE);
  CHECK(sent.state() == MESSAGE_STATE_SENT);
  CHECK(world.Count("select count(*) from message where sealed_token <> ''") == 0);
}

TEST_CASE("A repeated notice is queued once, also with a secret drawn anew", "[notice]") {
  TestWorld world;
  EnqueueMessageRequest request = Reset();
  const auto first = Enqueue(world, request);
  REQUIRE(first.ok());
  request.mutable_secrets(0)->set_value("another");
  CHECK(*Enqueue(world, request) == *first);
  request.set_recipient("ann@example.com");
  CHECK(absl::IsAlreadyExists(Enqueue(world, request).status()));
  CHECK(world.Count("select count(*) from message") == 1);
}

TEST_CASE("A notice reaches who wants no mail, and not an address that is bad", "[notice]") {
  TestWorld world;
  const auto reason = GENERATE(SUPPRESSION_REASON_BOUNCED, SUPPRESSION_REASON_COMPLAINED,
                               SUPPRESSION_REASON_UNSUBSCRIBED, SUPPRESSION_REASON_ADDED);
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.suppressions.Add(session, kEmail, "", world.clock.Now(),
                                                     reason);
              })
              .ok());
  const auto id = Enqueue(world, Reset());
  world.Deliver();
  const bool reached =
      reason == SUPPRESSION_REASON_UNSUBSCRIBED || reason == SUPPRESSION_REASON_ADDED;
  CHECK(world.sink.mails().size() == (reached ? 1 : 0));
  CHECK(world.GetMessage(*id).cancel_reason() == (reached ? "" : "EMAIL_SUPPRESSED"));
}

TEST_CASE("A notice without an account comes from the portal", "[notice]") {
  TestWorld world;
  EnqueueMessageRequest request = Reset();
  request.clear_account_id();
  REQUIRE(Enqueue(world, request).ok());
  world.Deliver();
  CHECK_THAT(Readable(world.sink.mails().at(0)), Catch::Contains("From: noreply@portal.example"));
}

TEST_CASE("A wrong notice is refused by its fields", "[notice]") {
  TestWorld world;
  const auto refusal = [&](const EnqueueMessageRequest& request) {
    const absl::Status status = Enqueue(world, request).status();
    CHECK(absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  EnqueueMessageRequest request = Reset();
  request.set_kind(TEMPLATE_KIND_INVITATION);
  CHECK_THAT(refusal(request), Catch::StartsWith("kind:"));
  request = Reset();
  request.set_recipient("nobody");
  CHECK_THAT(refusal(request), Catch::StartsWith("recipient:"));
  request = Reset();
  request.clear_secrets();
  CHECK_THAT(refusal(request), Catch::StartsWith("secrets:"));
  request = Reset();
  *request.add_values() = request.values(0);
  CHECK_THAT(refusal(request), Catch::StartsWith("values[1].name:"));
  request = Reset();
  request.mutable_values(0)->set_name("PasswordResetLink");
  CHECK_THAT(refusal(request), Catch::StartsWith("values[0].name:"));
  request = Reset();
  request.mutable_values(0)->set_name("ContactName");
  CHECK_THAT(refusal(request), Catch::StartsWith("values[0].name:"));
  CHECK(world.Count("select count(*) from message") == 0);
  CHECK(absl::IsPermissionDenied(world.staff->Call<EnqueueMessageResponse>(Reset()).status()));
}

}  // namespace
}  // namespace portico::invitation
