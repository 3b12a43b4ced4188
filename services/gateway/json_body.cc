#include "services/gateway/json_body.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "libs/rpc/errors.h"
#include "services/gateway/field_path.h"

namespace portico::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

// Deeper than any message; the code behind recurses.
constexpr int kMaxDepth = 64;

int Depth(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

// The position, and not what stands there: that may be a part of a password.
absl::Status Malformed(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return absl::InvalidArgumentError(
      absl::StrCat("the body is not JSON: the error is at line ", line, ", column ", column));
}

const Descriptor* NestedMessage(const FieldDescriptor& field) {
  const Descriptor* type = field.message_type();
  return type == nullptr || IsWellKnown(*type) ? nullptr : type;
}

// Finds a key that one object has twice; the parsed value keeps the last only.
class RepeatedKeys {
 public:
  void See(json::parse_event_t event, const json& value) {
    switch (event) {
      case json::parse_event_t::object_start:
        open_.emplace_back();
        break;
      case json::parse_event_t::object_end:
        open_.pop_back();
        break;
      case json::parse_event_t::key:
        if (!open_.back().insert(value.get<std::string>()).second && first_.empty()) {
          first_ = value.get<std::string>();
        }
        break;
      default:
        break;
    }
  }
  const std::string& first() const { return first_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string first_;
};

class ShapeCheck {
 public:
  void Object(const Descriptor& message, const std::string& at, json& value) {
    if (!value.is_object()) return Wrong(at, "want an object");
    json checked = json::object();
    for (auto& [name, member] : value.items()) {
      const std::string path = at.empty() ? name : absl::StrCat(at, ".", name);
      const FieldDescriptor* field = FindField(message, name);
      if (field == nullptr) {
        Wrong(path, "there is no such field");
      } else if (checked.contains(field->json_name())) {
        Wrong(path, "the field is given twice");
      } else {
        if (!member.is_null()) Field(*field, path, member);
        checked[field->json_name()] = std::move(member);
      }
    }
    value = std::move(checked);
  }

  absl::Status Result() const { return errors_.ToStatus(); }

 private:
  void Field(const FieldDescriptor& field, const std::string& at, json& value) {
    if (field.is_map()) {
      if (!value.is_object()) return Wrong(at, "want an object");
      for (auto& [key, member] : value.items()) {
        Single(*field.message_type()->map_value(), absl::StrCat(at, ".", key), member);
      }
    } else if (field.is_repeated()) {
      if (!value.is_array()) return Wrong(at, "want a list");
      for (size_t i = 0; i < value.size(); ++i) {
        Single(field, absl::StrCat(at, "[", i, "]"), value[i]);
      }
    } else {
      Single(field, at, value);
    }
  }

  void Single(const FieldDescriptor& field, const std::string& at, json& value) {
    if (const Descriptor* message = NestedMessage(field)) return Object(*message, at, value);
    // Such as Struct, which takes whatever there is.
    if (field.message_type() != nullptr && !IsWellKnownScalar(*field.message_type())) return;
    if (value.is_structured()) Wrong(at, "want a single value");
  }

  void Wrong(const std::string& at, std::string_view why) {
    errors_.Add(at.empty() ? "body" : at, why);
  }

  rpc::FieldErrors errors_;
};

void AddLeaves(const json& value, const Descriptor& message, const std::string& prefix,
               std::vector<std::string>& paths) {
  for (const auto& [name, member] : value.items()) {
    const FieldDescriptor* field = FindField(message, name);
    const std::string path = absl::StrCat(prefix, field->name());
    const Descriptor* nested = field->is_repeated() ? nullptr : NestedMessage(*field);
    if (nested != nullptr && member.is_object() && !member.empty()) {
      AddLeaves(member, *nested, absl::StrCat(path, "."), paths);
    } else {
      paths.push_back(path);
    }
  }
}

}  // namespace

absl::StatusOr<json> ParseBody(std::string_view body) {
  if (body.empty()) return json::object();
  if (Depth(body) > kMaxDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is nested deeper than ", kMaxDepth, " levels"));
  }
  try {
    RepeatedKeys repeated;
    json parsed = json::parse(body, [&](int, json::parse_event_t event, json& value) {
      repeated.See(event, value);
      return true;
    });
    if (!repeated.first().empty()) {
      return rpc::InvalidField(repeated.first(), "the field is given twice");
    }
    if (parsed.is_object()) return parsed;
    return absl::InvalidArgumentError("the body must be a JSON object");
  } catch (const json::parse_error& error) {
    return Malformed(body, error.byte);
  } catch (const json::exception&) {
    // A number beyond all bounds.
    return absl::InvalidArgumentError("the body holds a value that JSON cannot hold");
  }
}

absl::Status CheckShape(const Descriptor& message, const std::string& at, json& value) {
  ShapeCheck check;
  check.Object(message, at, value);
  return check.Result();
}

std::string UpdateMaskOf(const json& body, const Descriptor& message) {
  std::vector<std::string> paths;
  AddLeaves(body, message, "", paths);
  return absl::StrJoin(paths, ",");
}

}  // namespace portico::gateway
