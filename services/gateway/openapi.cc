#include "services/gateway/openapi.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/settings/version.h"
#include "portico/options/v1/options.pb.h"
#include "services/gateway/field_path.h"
#include "services/gateway/openapi_schemas.h"
#include "services/gateway/transcoder.h"

namespace portico::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using portico::options::v1::Access;

constexpr char kErrorSchema[] = "Error";

OrderedJson ErrorSchema() {
  return {{"type", "object"},
          {"description", "What went wrong, as in https://google.aip.dev/193."},
          {"required", {"error"}},
          {"properties",
           {{"error",
             {{"type", "object"},
              {"required", {"code", "status", "message", "details"}},
              {"properties",
               {{"code", {{"type", "integer"}, {"description", "The HTTP status."}}},
                {"status", {{"type", "string"}, {"description", "Such as NOT_FOUND."}}},
                {"message", {{"type", "string"}, {"description", "For people."}}},
                {"details",
                 {{"type", "array"},
                  {"description", "google.rpc.ErrorInfo, BadRequest, RetryInfo."},
                  {"items",
                   {{"type", "object"},
                    {"properties", {{"@type", {{"type", "string"}}}}},
                    {"required", {"@type"}}}}}}}}}}}}};
}

// The first sentence of a comment, without its full stop.
std::string Summary(const std::string& comment) {
  const size_t end = comment.find_first_of(".:;\n");
  return comment.substr(0, end);
}

// The fields that need a permission of their own, by their names in JSON.
std::vector<std::pair<std::string, std::string>> FieldPermissionsOf(const Route& route) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& stated :
       route.rpc->options().GetExtension(portico::options::v1::access).field_permissions()) {
    const FieldPath path = FindFieldPath(*route.rpc->input_type(), stated.field());
    if (!path.empty()) found.emplace_back(JsonPath(path), stated.permission());
  }
  return found;
}

// Whom the RPC is for, in OpenAPI's terms and in words.
void AddSecurity(const Route& route, OrderedJson& operation, std::string& description) {
  const Access& access = route.rpc->options().GetExtension(portico::options::v1::access);
  switch (access.audience()) {
    case portico::options::v1::AUDIENCE_PUBLIC:
      operation["security"] = OrderedJson::array();
      break;
    case portico::options::v1::AUDIENCE_PORTAL_USER:
      operation["security"] = OrderedJson::array({{{"session", OrderedJson::array()}}});
      break;
    default:
      operation["security"] = OrderedJson::array({{{"bearer", OrderedJson::array()}}});
      absl::StrAppend(&description, "\n\nNeeds the permission `", access.permission(), "`");
      for (const auto& [field, permission] : FieldPermissionsOf(route)) {
        absl::StrAppend(&description, ", and `", permission, "` to set `", field, "`");
      }
      absl::StrAppend(&description, ".");
  }
}

class Document {
 public:
  explicit Document(const Router& router) {
    // Routes of one path may name its variables differently, but OpenAPI wants one name.
    std::map<std::string, std::vector<std::string>> names;
    for (const Route& route : router.routes()) {
      const auto& [shape, chosen] =
          *names.emplace(route.path.Format({}), PathParameterNames(route)).first;
      AddOperation(route, chosen);
    }
  }

  std::string Text() {
    OrderedJson components = schemas_.TakeComponents();
    components[kErrorSchema] = ErrorSchema();
    OrderedJson tags = OrderedJson::array();
    for (const auto& [name, comment] : tags_) {
      tags.push_back({{"name", name}, {"description", comment}});
    }
    const OrderedJson document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Portico"},
          {"version", std::string(settings::kVersion)},
          {"description", "Access of a company's customers to its customer portal."}}},
        {"servers", OrderedJson::array({{{"url", "/"}}})},
        {"tags", std::move(tags)},
        {"paths", paths_},
        {"components",
         {{"schemas", std::move(components)},
          {"securitySchemes",
           {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
            {"session",
             {{"type", "apiKey"},
              {"in", "cookie"},
              {"name", "__Host-portico"},
              {"description", "Set by signing in; its name is `portico` without HTTPS."}}}}}}}};
    return document.dump();
  }

 private:
  static std::vector<std::string> PathParameterNames(const Route& route) {
    std::vector<std::string> names;
    for (const FieldPath& path : route.path_fields) {
      const std::string& last = path.back()->json_name();
      const bool taken = std::find(names.begin(), names.end(), last) != names.end();
      names.push_back(taken ? JsonPath(path) : last);
    }
    return names;
  }

  void AddOperation(const Route& route, const std::vector<std::string>& path_names) {
    const std::string comment = CommentOf(*route.rpc);
    std::string description = comment;
    std::string http_method = route.http_method;
    std::transform(http_method.begin(), http_method.end(), http_method.begin(), ::tolower);
    const std::string& service = route.rpc->service()->name();
    tags_[service] = CommentOf(*route.rpc->service());

    std::string id = absl::StrCat(service, "_", route.rpc->name());
    for (int n = 2; !operation_ids_.insert(id).second; ++n) {
      id = absl::StrCat(service, "_", route.rpc->name(), "_", n);
    }
    OrderedJson operation = {
        {"operationId", id}, {"tags", {service}}, {"summary", Summary(comment)}};
    AddSecurity(route, operation, description);
    operation["description"] = description;
    if (OrderedJson parameters = Parameters(route, path_names); !parameters.empty()) {
      operation["parameters"] = std::move(parameters);
    }
    if (OrderedJson body = RequestBody(route); !body.is_null()) operation["requestBody"] = body;
    operation["responses"] = Responses(route);
    paths_[route.path.Format(path_names)][http_method] = std::move(operation);
  }

  OrderedJson Parameter(const char* in, const std::string& name, const FieldDescriptor& field) {
    OrderedJson schema = schemas_.Field(field);
    OrderedJson parameter = {{"name", name}, {"in", in}};
    if (schema.contains("description")) {
      parameter["description"] = std::move(schema["description"]);
      schema.erase("description");
    }
    schema.erase("readOnly");
    if (in == std::string_view("path") || OpenApiSchemas::IsRequired(field)) {
      parameter["required"] = true;
    }
    parameter["schema"] = std::move(schema);
    return parameter;
  }

  OrderedJson Parameters(const Route& route, const std::vector<std::string>& path_names) {
    OrderedJson parameters = OrderedJson::array();
    for (size_t i = 0; i < path_names.size(); ++i) {
      parameters.push_back(Parameter("path", path_names[i], *route.path_fields[i].back()));
    }
    if (!route.whole_body) {
      FieldPath path;
      AddQueryParameters(route, *route.rpc->input_type(), path, parameters);
    }
    return parameters;
  }

  void AddQueryParameters(const Route& route, const Descriptor& message, FieldPath& path,
                          OrderedJson& parameters) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      const Descriptor* type = field.message_type();
      // A message that holds itself would have parameters without end.
      const bool repeats = std::any_of(path.begin(), path.end(), [&](const FieldDescriptor* outer) {
        return outer->message_type() == type && type != nullptr;
      });
      path.push_back(&field);
      const bool bound = path.front() == route.body_field ||
                         std::find(route.path_fields.begin(), route.path_fields.end(), path) !=
                             route.path_fields.end();
      const bool is_plain = type == nullptr || IsWellKnownScalar(*type);
      if (is_plain && !bound) {
        parameters.push_back(Parameter("query", JsonPath(path), field));
      } else if (!is_plain && !bound && !repeats && !field.is_repeated() && !IsWellKnown(*type)) {
        AddQueryParameters(route, *type, path, parameters);
      }
      path.pop_back();
    }
  }

  // Null when there is nothing to send.
  OrderedJson RequestBody(const Route& route) {
    if (!route.takes_body()) return nullptr;
    if (TakesRawBody(route)) {
      return {{"content", {{"*/*", OrderedJson::object()}}}};
    }
    const Descriptor& message =
        route.whole_body ? *route.rpc->input_type() : *route.body_field->message_type();
    std::set<const FieldDescriptor*> in_path;
    bool asks_for_path = false;  // The message requires what the path has already.
    for (const FieldPath& path : route.path_fields) {
      const FieldPath behind(path.begin() + (path.front() == route.body_field ? 1 : 0), path.end());
      if (behind.size() != 1) continue;
      in_path.insert(behind[0]);
      asks_for_path = asks_for_path || OpenApiSchemas::IsRequired(*behind[0]);
    }
    const bool partial = route.http_method == "PATCH";
    // Only a body that is written out can leave a field out.
    const bool written_out = route.whole_body || asks_for_path;
    const OrderedJson schema = written_out ? schemas_.Object(message, partial, in_path)
                                           : schemas_.Message(message, partial);
    if (written_out && schema["properties"].empty()) return nullptr;
    return {{"required", route.body_field != nullptr || schema.contains("required")},
            {"content", {{"application/json", {{"schema", schema}}}}}};
  }

  OrderedJson Responses(const Route& route) {
    OrderedJson content;
    if (GivesRawBody(route)) {
      content = {{"*/*", OrderedJson::object()}};
    } else {
      const OrderedJson media = {{"schema", schemas_.Message(route.answer_type())}};
      if (route.rpc->server_streaming()) {
        content = {{"application/x-ndjson", media}, {"text/event-stream", media}};
      } else {
        content = {{"application/json", media}};
      }
    }
    const std::string error = absl::StrCat("#/components/schemas/", kErrorSchema);
    return {{"200", {{"description", CommentOf(*route.rpc->output_type())}, {"content", content}}},
            {"default",
             {{"description", "An error."},
              {"content", {{"application/json", {{"schema", {{"$ref", error}}}}}}}}}};
  }

  OpenApiSchemas schemas_;
  std::map<std::string, OrderedJson> paths_;
  std::map<std::string, std::string> tags_;
  std::set<std::string> operation_ids_;
};

}  // namespace

std::string OpenApiDocument(const Router& router) { return Document(router).Text(); }

}  // namespace portico::gateway
