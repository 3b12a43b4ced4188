#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "services/invitation/default_template.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

CreateTemplateRequest Spring() {
  CreateTemplateRequest request;
  Template& text = *request.mutable_template_();
  text.set_display_name("Spring");
  text.set_kind(TEMPLATE_KIND_INVITATION);
  text.set_subject("Welcome, [ContactName]");
  text.set_html_body("<a href=\"[CustomerPortalLink]\">Go</a>");
  text.add_division_ids("div_north");
  return request;
}

absl::StatusOr<Template> Create(TestWorld& world, const CreateTemplateRequest& request) {
  const auto response = world.staff->Call<CreateTemplateResponse>(request);
  if (!response.ok()) return response.status();
  return response->template_();
}

absl::StatusOr<Template> Update(TestWorld& world, const Template& text,
                                const std::vector<std::string>& mask) {
  UpdateTemplateRequest request;
  *request.mutable_template_() = text;
  for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
  const auto response = world.staff->Call<UpdateTemplateResponse>(request);
  if (!response.ok()) return response.status();
  return response->template_();
}

absl::StatusOr<Template> Get(TestWorld& world, const std::string& id) {
  GetTemplateRequest request;
  request.set_id(id);
  const auto response = world.staff->Call<GetTemplateResponse>(request);
  if (!response.ok()) return response.status();
  return response->template_();
}

absl::Status Delete(TestWorld& world, const std::string& id, const std::string& etag = "") {
  DeleteTemplateRequest request;
  request.set_id(id);
  request.set_etag(etag);
  return world.staff->Call<DeleteTemplateResponse>(request).status();
}

bool Seed(TestWorld& world) {
  return world.database
      ->Write([&](storage::Session& session) { return world.stores.templates.Seed(session); })
      .ok();
}

TEST_CASE("A template of each kind is there from the start, once", "[template]") {
  TestWorld world;
  REQUIRE(Seed(world));
  const auto list = world.staff->Call<ListTemplatesResponse>(ListTemplatesRequest());
  REQUIRE(list.ok());
  REQUIRE(list->templates_size() == TemplateKind_MAX);
  CHECK(list->templates(0).id() == kDefaultTemplateId);
  CHECK(list->templates(0).display_name() == "Portal invitation");
  for (const Template& text : list->templates()) {
    CHECK(text.id() == DefaultTemplateId(text.kind()));
    CHECK(text.version() == 1);
  }
}

TEST_CASE("A name that staff took first does not stop the start", "[template]") {
  TestWorld world;
  const std::string id = DefaultTemplateId(TEMPLATE_KIND_REMINDER);
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.templates.Delete(session, id).status();
              })
              .ok());
  CreateTemplateRequest request = Spring();
  request.mutable_template_()->set_display_name("Portal invitation reminder");
  REQUIRE(Create(world, request).ok());
  // Its texts were there before: as in a database where only the name is taken.
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return session.Execute("delete from template_version where template_id = :id", id)
                    .status();
              })
              .ok());
  REQUIRE(Seed(world));
  CHECK(Get(world, id)->display_name() == "Portal invitation reminder (" + id + ")");
}

TEST_CASE("The default template stays as staff changed it", "[template]") {
  TestWorld world;
  Template text = *Get(world, kDefaultTemplateId);
  text.set_display_name("Our invitation");
  REQUIRE(Update(world, text, {"display_name"}).ok());
  REQUIRE(
      world.database
          ->Write([&](storage::Session& session) { return world.stores.templates.Seed(session); })
          .ok());
  text = *Get(world, kDefaultTemplateId);
  CHECK(text.display_name() == "Our invitation");
  text.add_division_ids("div_north");
  CHECK_THAT(std::string(Update(world, text, {"division_ids"}).status().message()),
             Catch::Contains("template.division_ids"));
}

TEST_CASE("A created template is answered as it was stored", "[template]") {
  TestWorld world;
  const absl::StatusOr<Template> created = Create(world, Spring());
  REQUIRE(created.ok());
  CHECK(created->version() == 1);
  CHECK(created->has_create_time());
  CHECK(Get(world, created->id())->SerializeAsString() == created->SerializeAsString());
  CHECK(absl::IsNotFound(Get(world, "tpl_none").status()));
}

TEST_CASE("A create can be repeated by its request id, but not with other content", "[template]") {
  TestWorld world;
  CreateTemplateRequest request = Spring();
  request.set_request_id("r1");
  const absl::StatusOr<Template> first = Create(world, request);
  REQUIRE(first.ok());
  CHECK(Create(world, request)->id() == first->id());
  request.mutable_template_()->set_subject("Hello");
  CHECK(absl::IsAlreadyExists(Create(world, request).status()));
}

TEST_CASE("A template's name is its own", "[template]") {
  TestWorld world;
  REQUIRE(Create(world, Spring()).ok());
  CHECK(absl::IsAlreadyExists(Create(world, Spring()).status()));
  Template text = *Get(world, kDefaultTemplateId);
  text.set_display_name("Spring");
  CHECK(absl::IsAlreadyExists(Update(world, text, {"display_name"}).status()));
}

TEST_CASE("A wrong text is refused by create and update", "[template]") {
  TestWorld world;
  CreateTemplateRequest request = Spring();
  request.mutable_template_()->set_html_body("<p>[Nonsense]</p>");
  const absl::Status refused = Create(world, request).status();
  CHECK(absl::IsInvalidArgument(refused));
  CHECK_THAT(std::string(refused.message()), Catch::Contains("template.html_body"));

  Template text = *Create(world, Spring());
  text.set_html_body("<p>no link</p>");
  CHECK(absl::IsInvalidArgument(Update(world, text, {"html_body"}).status()));
  CHECK(Get(world, text.id())->version() == 1);
}

TEST_CASE("A changed text is a new version, and queued mail keeps the old one", "[template]") {
  TestWorld world;
  Template text = *Create(world, Spring());
  world.peers.PutContact(world.John());
  REQUIRE(world.Send(kContactId, text.id()).ok());

  Template changed = text;
  changed.set_html_body("<p>Second text: [CustomerPortalLink]</p>");
  const absl::StatusOr<Template> second = Update(world, changed, {"html_body"});
  REQUIRE(second.ok());
  CHECK(second->version() == 2);
  CHECK(second->etag() != text.etag());
  CHECK(absl::IsAborted(Update(world, text, {"subject"}).status()));

  Template renamed = *second;
  renamed.set_display_name("Summer");
  CHECK(Update(world, renamed, {"display_name"})->version() == 2);

  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  CHECK_THAT(Readable(world.sink.mails()[0]), !Catch::Contains("Second text"));
}

TEST_CASE("What mail may not hold is taken out of the HTML, and told once", "[template]") {
  TestWorld world;
  CreateTemplateRequest request = Spring();
  request.set_request_id("r1");
  request.mutable_template_()->set_html_body(
      "<p onclick=\"x()\"><a href=\"[CustomerPortalLink]\">Go</a></p><script>y()</script>");
  const absl::StatusOr<Template> created = Create(world, request);
  REQUIRE(created.ok());
  CHECK(created->html_body() == "<p><a href=\"[CustomerPortalLink]\">Go</a></p>");
  const std::vector<std::string> removed(created->removed().begin(), created->removed().end());
  CHECK(removed == std::vector<std::string>{"attribute onclick of <p>", "element <script>"});
  CHECK(Create(world, request)->removed_size() == 2);
  CHECK(Get(world, created->id())->removed().empty());

  Template changed = *created;
  changed.set_html_body("<iframe src=x></iframe>[CustomerPortalLink]");
  const absl::StatusOr<Template> updated = Update(world, changed, {"html_body"});
  REQUIRE(updated.ok());
  CHECK(updated->html_body() == "[CustomerPortalLink]");
  CHECK(updated->removed(0) == "element <iframe>");
}

TEST_CASE("A template that is deleted is gone, but not from the mail that was queued",
          "[template]") {
  TestWorld world;
  const Template text = *Create(world, Spring());
  world.peers.PutContact(world.John());
  REQUIRE(world.Send(kContactId, text.id()).ok());
  CHECK(absl::IsAborted(Delete(world, text.id(), "9")));
  REQUIRE(Delete(world, text.id(), text.etag()).ok());
  CHECK(absl::IsNotFound(Get(world, text.id()).status()));
  CHECK(absl::IsNotFound(Delete(world, text.id())));
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  CHECK_THAT(Readable(world.sink.mails()[0]), Catch::Contains("Welcome, John Doe"));
  CHECK(Create(world, Spring()).ok());  // Its name is free.
}

TEST_CASE("Where the portal's template was deleted, the default one is used", "[template]") {
  TestWorld world;
  const Template text = *Create(world, Spring());
  world.peers.ChangeAccounts([&](auto& answer) {
    answer.mutable_portal_options()->set_invitation_template_id(text.id());
  });
  REQUIRE(Delete(world, text.id()).ok());
  world.peers.PutContact(world.John());
  REQUIRE(world.Send().ok());
  CHECK(world.Messages()[0].subject() == "North invites you to the customer portal");
}

TEST_CASE("A template that was there from the start cannot be deleted or become another kind",
          "[template]") {
  TestWorld world;
  const std::string id = DefaultTemplateId(TEMPLATE_KIND_REMINDER);
  const absl::Status refused = Delete(world, id);
  CHECK(absl::IsFailedPrecondition(refused));
  CHECK(rpc::ReasonOf(refused) == "TEMPLATE_BUILT_IN");
  Template text = *Get(world, id);
  text.set_kind(TEMPLATE_KIND_INVITATION);
  CHECK_THAT(std::string(Update(world, text, {"kind"}).status().message()),
             Catch::Contains("template.kind"));
}

TEST_CASE("Only a template that invites can be an invitation's", "[template]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  CHECK(absl::IsInvalidArgument(
      world.Send(kContactId, DefaultTemplateId(TEMPLATE_KIND_GENERAL)).status()));
  REQUIRE(world.Send(kContactId, DefaultTemplateId(TEMPLATE_KIND_ADDRESS_FOUND)).ok());
  CHECK(world.Messages()[0].subject() == "We found your account at North");
}

TEST_CASE("A mail in another language writes dates by their numbers", "[template]") {
  TestWorld world;
  CreateTemplateRequest request = Spring();
  request.mutable_template_()->set_locale("de");
  request.mutable_template_()->set_subject("Bis [ExpiryDate]");
  world.peers.PutContact(world.John());
  REQUIRE(world.Send(kContactId, Create(world, request)->id()).ok());
  CHECK(world.Messages()[0].subject() == "Bis 2026-06-11");
  // Also where it goes to another address, by what it was made from.
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
  CHECK(world.Messages()[0].recipient() == "new@example.com");
  CHECK(world.Messages()[0].subject() == "Bis 2026-06-11");
}

}  // namespace
}  // namespace portico::invitation
