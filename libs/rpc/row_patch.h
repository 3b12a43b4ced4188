#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <vector>

namespace portico::rpc {

// What a row of an import changes in what exists: the fields that it sets and those that its import
// says every row has.

using FieldList = std::vector<const google::protobuf::FieldDescriptor*>;

// The fields of `resource` that an import's mask names.
// INVALID_ARGUMENT: one is none, or is Portico's own to set.
absl::StatusOr<FieldList> FieldsOfMask(const google::protobuf::FieldMask& mask,
                                       const google::protobuf::Descriptor& resource);

// Takes over into `current` what is set in `patch`, and of `always` also what is not. A message
// field is replaced as a whole. `patch` is of no use afterwards.
void ApplyPatch(google::protobuf::Message& patch, const FieldList& always,
                google::protobuf::Message& current);

}  // namespace portico::rpc
