#include "services/gateway/transcoder.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "services/gateway/json_body.h"
#include "services/gateway/media_type.h"
#include "services/gateway/url.h"

namespace portico::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

bool IsHttpBody(const Descriptor* message) {
  return message != nullptr && message->full_name() == "google.api.HttpBody";
}

// Of google.api.HttpBody.
constexpr int kContentTypeField = 1;
constexpr int kDataField = 2;

// The bytes of a length-delimited field. Repeated occurrences of a message are to
// be merged, which for the wire format is to put them one behind the other.
std::string FieldBytes(const std::string& message, int number) {
  google::protobuf::UnknownFieldSet fields;
  std::string bytes;
  if (!fields.ParseFromString(message)) return bytes;
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::UnknownField& field = fields.field(i);
    if (field.number() == number && field.type() == field.TYPE_LENGTH_DELIMITED) {
      bytes += field.length_delimited();
    }
  }
  return bytes;
}

// The object that holds the last field of the path.
json& ParentOf(json& root, const FieldPath& path) {
  json* within = &root;
  for (auto field = path.begin(); field != path.end() - 1; ++field) {
    within = &(*within)[(*field)->json_name()];
  }
  return *within;
}

// Where the body has a value for the field too, that of the path counts.
void SetFromPath(json& root, const FieldPath& path, const std::string& value) {
  ParentOf(root, path)[path.back()->json_name()] = value;
}

bool IsBound(const Route& route, const FieldPath& path) {
  if (path.front() == route.body_field) return true;
  return std::find(route.path_fields.begin(), route.path_fields.end(), path) !=
         route.path_fields.end();
}

// Adds one parameter. The value is text here and what its field wants to JsonCodec.
void SetFromQuery(const Route& route, const std::string& name, const std::string& value, json& root,
                  rpc::FieldErrors& errors) {
  const FieldPath path = FindFieldPath(*route.rpc->input_type(), name);
  const FieldDescriptor* field = path.empty() ? nullptr : path.back();
  const bool is_plain = field != nullptr && (field->message_type() == nullptr ||
                                             IsWellKnownScalar(*field->message_type()));
  if (!is_plain || route.whole_body || IsBound(route, path)) {
    return errors.Add(name, "there is no such query parameter");
  }
  json& slot = ParentOf(root, path)[field->json_name()];
  if (field->is_repeated()) {
    slot.push_back(value);
  } else if (slot.is_null()) {
    slot = value;
  } else {
    errors.Add(name, "the query parameter is given more than once");
  }
}

absl::Status AddQuery(const Route& route, const std::string& query, json& root) {
  const auto pairs = ParseQuery(query);
  if (!pairs.has_value()) return absl::InvalidArgumentError("the query is not percent-encoded");
  rpc::FieldErrors errors;
  for (const auto& [name, value] : *pairs) SetFromQuery(route, name, value, root, errors);
  return errors.ToStatus();
}

json RawBody(const HttpRequest& request) {
  return {{"contentType", std::string(request.Header("content-type"))},
          {"data", auth::EncodeBase64(request.body)}};
}

absl::Status AddBody(const Route& route, const HttpRequest& request, json& root) {
  if (TakesRawBody(route)) {
    root[route.body_field->json_name()] = RawBody(request);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(json body, ParseBody(request.body));
  if (route.whole_body) {
    RETURN_IF_ERROR(CheckShape(*route.rpc->input_type(), "", body));
    root = std::move(body);
    return absl::OkStatus();
  }
  const std::string& name = route.body_field->json_name();
  RETURN_IF_ERROR(CheckShape(*route.body_field->message_type(), name, body));
  root[name] = std::move(body);
  return absl::OkStatus();
}

// AIP-134: a PATCH without a mask changes the fields that its body has.
void AddUpdateMask(const Route& route, json& root) {
  if (route.http_method != "PATCH" || route.body_field == nullptr) return;
  const FieldDescriptor* mask = route.rpc->input_type()->FindFieldByName("update_mask");
  if (mask == nullptr || root.contains(mask->json_name())) return;
  root[mask->json_name()] =
      UpdateMaskOf(root[route.body_field->json_name()], *route.body_field->message_type());
}

}  // namespace

bool TakesRawBody(const Route& route) {
  return route.body_field != nullptr && IsHttpBody(route.body_field->message_type());
}

bool GivesRawBody(const Route& route) { return IsHttpBody(&route.answer_type()); }

absl::StatusOr<std::string> Transcoder::Request(const Route& route,
                                                const std::vector<std::string>& path_values,
                                                const HttpRequest& request) const {
  json root = json::object();
  if (route.takes_body()) {
    RETURN_IF_ERROR(AddBody(route, request, root));
  } else if (!request.body.empty() && !IsForm(request.Header("content-type"))) {
    return absl::InvalidArgumentError("this call takes no body");
  }
  RETURN_IF_ERROR(AddQuery(route, request.query, root));
  AddUpdateMask(route, root);
  for (size_t i = 0; i < path_values.size(); ++i) {
    SetFromPath(root, route.path_fields[i], path_values[i]);
  }
  std::string text;
  try {
    text = root.dump();
  } catch (const json::exception&) {
    // Only what came percent-encoded can be anything else here.
    return absl::InvalidArgumentError("the path and the query must be UTF-8");
  }
  return codec_.ToBinary(*route.rpc->input_type(), text);
}

absl::StatusOr<Transcoder::Content> Transcoder::Answer(const Route& route,
                                                       std::string response) const {
  if (route.answer_field != nullptr) response = FieldBytes(response, route.answer_field->number());
  if (GivesRawBody(route)) {
    return Content{FieldBytes(response, kContentTypeField), FieldBytes(response, kDataField)};
  }
  ASSIGN_OR_RETURN(std::string json, codec_.ToJson(route.answer_type(), response));
  return Content{"application/json", std::move(json)};
}

}  // namespace portico::gateway
