#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

namespace portico::storage {

// Protobuf's JSON for plain messages: those of strings, booleans, enums and 32-bit
// integers, lists of these, and messages of these. Protobuf's own code, which handles
// all there is, describes the types to itself anew on every call: with it, reading one
// contact cost as much as the rest of the call.

// Whether the field holds, at any depth, nothing but plain values.
bool IsPlain(const google::protobuf::FieldDescriptor* field);

// The field of `parent`, which is plain, in the form of message_json.h.
std::string PlainToJson(const google::protobuf::Message& parent,
                        const google::protobuf::FieldDescriptor* field);

// Sets the field from such text, leaving out what this binary does not know. False when
// `json` is none.
bool PlainFromJson(const std::string& json, const google::protobuf::FieldDescriptor* field,
                   google::protobuf::Message& parent);

}  // namespace portico::storage
