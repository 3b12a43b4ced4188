#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <vector>

namespace portico::rpc {

// What a row of an import changes in what exists: the fields that it sets and those that its import
// says every row has.

// A field that is named as a whole, or of which some fields are.
struct NamedField {
  const google::protobuf::FieldDescriptor* field;
  std::vector<NamedField> parts = {};  // None: as a whole.
};
using FieldList = std::vector<NamedField>;

// The fields of `resource` that an import's mask names, such as "status" and "address.city". A list
// is named as a whole.
// INVALID_ARGUMENT: one is none, or is Portico's own to set.
absl::StatusOr<FieldList> FieldsOfMask(const google::protobuf::FieldMask& mask,
                                       const google::protobuf::Descriptor& resource);

// Takes over into `current` what is set in `patch`, and of `always` also what is not. Messages are
// merged field by field but for those that are one value (portico.options.v1.one_value, and those
// of Google's packages), where `always` names none of its fields; lists are replaced. A message
// that has nothing left in it becomes unset. `patch` is of no use afterwards.
void ApplyPatch(google::protobuf::Message& patch, const FieldList& always,
                google::protobuf::Message& current);

}  // namespace portico::rpc
