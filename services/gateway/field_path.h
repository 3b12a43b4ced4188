#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace portico::gateway {

// The way from a message to one of its fields, through singular messages.
using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

// The field of this JSON or proto name; null without one.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& message,
                                                   std::string_view name);

// The path of such names with dots between; empty when there is none.
FieldPath FindFieldPath(const google::protobuf::Descriptor& message, std::string_view path);

// "site.accountId"
std::string JsonPath(const FieldPath& path);

// A path of proto names as JSON callers know it: "site.account_id" gives "site.accountId".
std::string ToJsonPath(std::string_view proto_path);

// Whether JSON has a form of its own for the message, such as a string for a Timestamp.
bool IsWellKnown(const google::protobuf::Descriptor& message);
// Whether that form is one string or number.
bool IsWellKnownScalar(const google::protobuf::Descriptor& message);

}  // namespace portico::gateway
