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

TEST_CASE("The default template is there from the start, once", "[template]") {
  TestWorld world;
  REQUIRE(
      world.database
          ->Write([&](storage::Session& session) { return world.stores.templates.Seed(session); })
          .ok());
  const auto list = world.staff->Call<ListTemplatesResponse>(ListTemplatesRequest());
  REQUIRE(list.ok());
  REQUIRE(list->templates_size() == 1);
  CHECK(list->templates(0).id() == kDefaultTemplateId);
  CHECK(list->templates(0).display_name() == "Portal invitation");
  CHECK(list->templates(0).version() == 1);
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

}  // namespace
}  // namespace portico::invitation
