#include "services/gateway/openapi.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "services/gateway/embedded_files.h"
#include "services/gateway/library_service.h"

namespace portico::gateway {
namespace {

using nlohmann::json;

json DocumentOf(const ApiDescriptors& api) {
  const auto router = Router::Build(api);
  REQUIRE(router.ok());
  return json::parse(OpenApiDocument(*router));
}

const json& Library() {
  static const json document = DocumentOf(LibraryApi());
  return document;
}

const json& Schema(const std::string& name) {
  return Library()["components"]["schemas"].at("portico.library.v1." + name);
}

json Reference(const std::string& name) {
  return {{"$ref", "#/components/schemas/portico.library.v1." + name}};
}

const json& BodyOf(const json& operation) {
  return operation["requestBody"]["content"]["application/json"]["schema"];
}

std::map<std::string, json> ParametersOf(const json& operation) {
  std::map<std::string, json> parameters;
  const json list = operation.value("parameters", json::array());
  for (const json& parameter : list) parameters[parameter["name"]] = parameter;
  return parameters;
}

void CollectReferences(const json& value, std::set<std::string>& found) {
  if (value.is_object() && value.contains("$ref")) found.insert(value["$ref"]);
  if (value.is_structured()) {
    for (const json& member : value) CollectReferences(member, found);
  }
}

}  // namespace

TEST_CASE("Operations come from the rules and their comments", "[gateway]") {
  const json& document = Library();
  CHECK(document["openapi"] == "3.1.0");
  const json& create = document["paths"]["/v1/shelves/{shelfId}/books"]["post"];
  CHECK(create["operationId"] == "LibraryService_CreateBook");
  CHECK(create["summary"] == "Puts a book on a shelf");
  CHECK(create["description"] ==
        "Puts a book on a shelf. ALREADY_EXISTS: the request id was used.\n\n"
        "Needs the permission `contacts.write`, and `contacts.read` to set `keptBy`.");
  CHECK(create["security"] == json::parse(R"([{"bearer":[]}])"));
  CHECK(document["paths"]["/v1/visits"]["post"]["security"] == json::array());
  CHECK(document["paths"]["/v1/visitor"]["get"]["security"] == json::parse(R"([{"session":[]}])"));
  CHECK(document["paths"]["/v1/shelves/{shelfId}/books/{id}"]["get"]["operationId"] ==
        "LibraryService_GetBook_2");
  CHECK(document["tags"] ==
        json::parse(R"([{"name":"LibraryService","description":"Books on shelves."}])"));
  CHECK_FALSE(document["paths"].dump().find("BurnBooks") != std::string::npos);
}

TEST_CASE("What the path has, the body need not", "[gateway]") {
  const json& create = Library()["paths"]["/v1/shelves/{shelfId}/books"]["post"];
  const json& body = BodyOf(create);
  CHECK_FALSE(body["properties"].contains("shelfId"));
  CHECK(body["required"] == json::parse(R"(["title"])"));
  const auto parameters = ParametersOf(create);
  CHECK(parameters.at("shelfId")["in"] == "path");
  CHECK(parameters.at("shelfId")["required"] == true);
  CHECK(parameters.at("requestId")["in"] == "query");
  CHECK(parameters.size() == 3);
}

TEST_CASE("Nothing is required of a PATCH", "[gateway]") {
  const json& update = Library()["paths"]["/v1/books/{id}"]["patch"];
  CHECK(BodyOf(update) == Reference("Book.Patch"));
  CHECK_FALSE(Schema("Book.Patch").contains("required"));
  CHECK(Schema("Book.Patch")["properties"]["author"]["$ref"] == Reference("Author.Patch")["$ref"]);
  CHECK(Schema("Book")["required"] == json::parse(R"(["shelfId","title"])"));
  CHECK(ParametersOf(update).at("updateMask")["schema"]["type"] == "string");
}

TEST_CASE("Query parameters reach into messages", "[gateway]") {
  const auto parameters = ParametersOf(Library()["paths"]["/v1/books"]["get"]);
  CHECK(parameters.at("pageSize")["schema"] ==
        json::parse(R"({"type":"integer","minimum":0,"maximum":1000})"));
  CHECK(parameters.at("tags")["schema"]["type"] == "array");
  CHECK(parameters.at("author.penName")["schema"]["type"] == "boolean");
  CHECK(parameters.at("author.fullName")["description"] == "The name.");
  CHECK(parameters.at("publishedAfter")["schema"]["format"] == "date-time");
  CHECK(parameters.at("minPages")["schema"]["type"] == "string");
}

TEST_CASE("Schemas tell the types and rules of fields", "[gateway]") {
  const json& properties = Schema("Book")["properties"];
  CHECK(properties["id"] ==
        json::parse(R"({"type":"string","description":"Its id.","readOnly":true})"));
  CHECK(properties["title"]["maxLength"] == 40);
  CHECK(properties["tags"]["maxItems"] == 3);
  CHECK(properties["combination"]["format"] == "password");
  CHECK(properties["ratings"]["additionalProperties"]["type"] == "integer");
  CHECK(properties["chapters"]["items"] == Reference("Chapter"));
  CHECK(Schema("BookKind")["enum"] ==
        json::parse(R"(["BOOK_KIND_UNSPECIFIED","BOOK_KIND_NOVEL","BOOK_KIND_POEMS"])"));
  CHECK(Schema("BookKind")["description"].get<std::string>().find("`BOOK_KIND_POEMS`: Poems.") !=
        std::string::npos);
}

TEST_CASE("Answers are JSON, streams or bytes", "[gateway]") {
  const auto content = [](const char* path, const char* method) {
    return Library()["paths"][path][method]["responses"]["200"]["content"];
  };
  CHECK(content("/v1/books/{id}", "get")["application/json"]["schema"] == Reference("Book"));
  CHECK(content("/v1/books/{id}:watch", "get").contains("text/event-stream"));
  CHECK(content("/v1/books/{id}:watch", "get").contains("application/x-ndjson"));
  CHECK(content("/v1/books:export", "get").contains("*/*"));
  CHECK(Library()["paths"]["/v1/books"]["get"]["responses"]["default"]["content"]
                 ["application/json"]["schema"]["$ref"] == "#/components/schemas/Error");
}

TEST_CASE("Portico's document refers to nothing that is not in it", "[gateway]") {
  const auto api = ApiDescriptors::Load(ApiDescriptorFiles()[0].content);
  REQUIRE(api.ok());
  const json document = DocumentOf(**api);
  std::set<std::string> references, operation_ids;
  CollectReferences(document, references);
  for (const std::string& reference : references) {
    INFO(reference);
    CHECK(document.contains(json::json_pointer(reference.substr(1))));
  }
  for (const auto& [path, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      INFO(path << " " << method);
      CHECK(operation_ids.insert(operation["operationId"]).second);
      CHECK_FALSE(operation["summary"].get<std::string>().empty());
      // Each variable of the path is a parameter, and the other way round.
      size_t variables = 0;
      for (const auto& [name, parameter] : ParametersOf(operation)) {
        if (parameter["in"] != "path") continue;
        ++variables;
        CHECK(path.find("{" + name + "}") != std::string::npos);
      }
      CHECK(variables == static_cast<size_t>(std::count(path.begin(), path.end(), '{')));
    }
  }
  CHECK(document["components"]["schemas"]["portico.contact.v1.Contact"]["properties"]["email"]
                ["description"] == "The e-mail address; invitations go here. May be empty.");
}

}  // namespace portico::gateway
