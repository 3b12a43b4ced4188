#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

namespace portico::storage {

// A message field or a repeated field of `parent` as protobuf's JSON, with the
// fields' names of the proto: of the message, or for a repeated field of a
// `parent` that holds nothing else.
std::string FieldToJson(const google::protobuf::Message& parent,
                        const google::protobuf::FieldDescriptor* field);

// Sets the field, which is unset yet, from such text, leaving out what this
// binary does not know. False when `json` is none.
bool FieldFromJson(const std::string& json, const google::protobuf::FieldDescriptor* field,
                   google::protobuf::Message& parent);

}  // namespace portico::storage
