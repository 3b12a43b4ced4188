#include "services/gateway/router.h"

#include <google/protobuf/descriptor.pb.h>

#include <catch2/catch.hpp>

#include "google/api/annotations.pb.h"
#include "services/gateway/embedded_files.h"
#include "services/gateway/library_service.h"

namespace portico::gateway {
namespace {

std::string Found(const Router& router, std::string_view method, std::string_view path) {
  const Router::Match match = router.Find(method, path);
  return match.route == nullptr ? "none" : match.route->rpc->name();
}

// The error of routes for one RPC with these rules.
std::string ErrorOf(const std::vector<google::api::HttpRule>& rules) {
  google::protobuf::FileDescriptorSet set;
  REQUIRE(set.ParseFromString(LibraryDescriptors()));
  auto& service = *set.mutable_file(set.file_size() - 1)->mutable_service(0);
  REQUIRE(service.method(1).name() == "GetBook");
  while (service.method_size() > 2) service.mutable_method()->RemoveLast();
  google::api::HttpRule& rule =
      *service.mutable_method(1)->mutable_options()->MutableExtension(google::api::http);
  rule = rules[0];
  for (size_t i = 1; i < rules.size(); ++i) *rule.add_additional_bindings() = rules[i];
  const auto api = ApiDescriptors::Load(set.SerializeAsString());
  REQUIRE(api.ok());
  return std::string(Router::Build(**api).status().message());
}

google::api::HttpRule Get(const std::string& path) {
  google::api::HttpRule rule;
  rule.set_get(path);
  return rule;
}

}  // namespace

TEST_CASE("Requests find their RPC by method and path", "[gateway]") {
  const auto router = Router::Build(LibraryApi());
  REQUIRE(router.ok());
  CHECK(Found(*router, "POST", "/v1/shelves/s1/books") == "CreateBook");
  CHECK(Found(*router, "GET", "/v1/books/b1") == "GetBook");
  CHECK(Found(*router, "GET", "/v1/shelves/s1/books/b1") == "GetBook");
  CHECK(Found(*router, "GET", "/v1/books") == "ListBooks");
  CHECK(Found(*router, "PATCH", "/v1/books/b1") == "UpdateBook");
  CHECK(Found(*router, "POST", "/v1/books/b1:return") == "ReturnBook");
  CHECK(Found(*router, "GET", "/v1/books/b1:watch") == "WatchBook");
  CHECK(Found(*router, "GET", "/v1/books:export") == "ExportBooks");
  CHECK(Found(*router, "DELETE", "/v1/visits") == "EndVisit");
  CHECK(Found(*router, "GET", "/v1/books/b1:return") == "none");
  CHECK(Found(*router, "POST", "/portico.library.v1.LibraryService/BurnBooks") == "none");

  const Router::Match match = router->Find("GET", "/v1/shelves/s1/books/b1");
  CHECK(match.path_values == std::vector<std::string>{"s1", "b1"});
  CHECK(match.route->label == "GET /v1/shelves/{shelf_id}/books/{id}");
  CHECK(match.route->rpc_path == "/portico.library.v1.LibraryService/GetBook");
}

TEST_CASE("A path with other methods tells them", "[gateway]") {
  const auto router = Router::Build(LibraryApi());
  REQUIRE(router.ok());
  std::vector<std::string> allowed = router->Find("DELETE", "/v1/books/b1").allowed;
  std::sort(allowed.begin(), allowed.end());
  CHECK(allowed == std::vector<std::string>{"GET", "PATCH"});
  CHECK(router->Find("GET", "/v1/nothing").allowed.empty());
}

TEST_CASE("A literal comes before a variable", "[gateway]") {
  google::protobuf::FileDescriptorSet set;
  REQUIRE(set.ParseFromString(LibraryDescriptors()));
  auto& service = *set.mutable_file(set.file_size() - 1)->mutable_service(0);
  REQUIRE(service.method(2).name() == "ListBooks");
  service.mutable_method(2)
      ->mutable_options()
      ->MutableExtension(google::api::http)
      ->set_get("/v1/books/all");
  const auto api = ApiDescriptors::Load(set.SerializeAsString());
  REQUIRE(api.ok());
  const auto router = Router::Build(**api);
  REQUIRE(router.ok());
  CHECK(Found(*router, "GET", "/v1/books/all") == "ListBooks");
  CHECK(Found(*router, "GET", "/v1/books/any") == "GetBook");
}

TEST_CASE("Rules that cannot be served are refused by name", "[gateway]") {
  using Catch::Contains;
  CHECK_THAT(ErrorOf({Get("/v1/x/{nothing}")}), Contains("GetBook") && Contains("{nothing}"));
  CHECK_THAT(ErrorOf({Get("/v1/x/{id.deeper}")}), Contains("{id.deeper}"));
  CHECK_THAT(ErrorOf({Get("v1")}), Contains("slash"));
  CHECK_THAT(ErrorOf({Get("/v1/x/{id}"), Get("/v1/x/{shelf_id}")}), Contains("taken"));
  google::api::HttpRule body = Get("/v1/x");
  body.set_body("nothing");
  CHECK_THAT(ErrorOf({body}), Contains("no message nothing"));
  google::api::HttpRule response_body = Get("/v1/x");
  response_body.set_response_body("nothing");
  CHECK_THAT(ErrorOf({response_body}), Contains("no message nothing"));
}

TEST_CASE("Portico's own protos can be served", "[gateway]") {
  const auto api = ApiDescriptors::Load(ApiDescriptorFiles()[0].content);
  REQUIRE(api.ok());
  const auto router = Router::Build(**api);
  REQUIRE(router.ok());
  CHECK(Found(*router, "POST", "/v1/contacts") == "CreateContact");
  CHECK(Found(*router, "POST", "/v1/contacts/con_1:sendInvitation") == "SendInvitation");
  CHECK(Found(*router, "POST", "/v1/accounts/acc_1/sites") == "CreateSite");
  CHECK(Found(*router, "GET", "/v1/contacts/con_1/decision") == "GetDecision");
  CHECK(Found(*router, "POST", "/v1/portal/invitations:accept") == "AcceptInvitation");
  CHECK(Found(*router, "DELETE", "/v1/portal/sessions") == "SignOut");
}

TEST_CASE("Descriptors that are none are refused", "[gateway]") {
  CHECK_FALSE(ApiDescriptors::Load("nonsense").ok());
  google::protobuf::FileDescriptorSet set;
  REQUIRE(set.ParseFromString(LibraryDescriptors()));
  set.mutable_file()->DeleteSubrange(0, 1);
  CHECK_FALSE(ApiDescriptors::Load(set.SerializeAsString()).ok());
}

}  // namespace portico::gateway
