#pragma once

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "services/gateway/field_path.h"

namespace portico::gateway {

using OrderedJson = nlohmann::ordered_json;

std::string WithoutMargin(const std::string& comment);

// The comment before a declaration in its proto, without its margin; "" without one.
template <class ProtoDescriptor>
std::string CommentOf(const ProtoDescriptor& declaration) {
  google::protobuf::SourceLocation location;
  return declaration.GetSourceLocation(&location) ? WithoutMargin(location.leading_comments) : "";
}

// JSON Schemas of messages and enums as proto3's JSON writes them. Those that are
// referred to gather as components.
class OpenApiSchemas {
 public:
  // Refers to a message. `partial`: as in the body of a PATCH, where nothing is required.
  OrderedJson Message(const google::protobuf::Descriptor& message, bool partial = false);

  // A message written out, without the fields that `left_out` holds.
  OrderedJson Object(const google::protobuf::Descriptor& message, bool partial,
                     const std::set<const google::protobuf::FieldDescriptor*>& left_out);

  // A field with its comment and rules.
  OrderedJson Field(const google::protobuf::FieldDescriptor& field, bool partial = false);

  static bool IsRequired(const google::protobuf::FieldDescriptor& field);

  // All that was referred to, by name.
  OrderedJson TakeComponents() { return std::move(components_); }

 private:
  OrderedJson Single(const google::protobuf::FieldDescriptor& field, bool partial);
  OrderedJson Enum(const google::protobuf::EnumDescriptor& type);

  OrderedJson components_ = OrderedJson::object();
};

}  // namespace portico::gateway
