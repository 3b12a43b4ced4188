#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace portico::cli {

// A field within a message that a cell of a file can set: contact.phones.0.number.
struct FieldPath {
  struct Step {
    const google::protobuf::FieldDescriptor* field;
    int index = -1;  // Of an item of a list; -1 for the field itself.
  };
  std::string name;
  std::vector<Step> steps;
};

// All that a caller may set in a message of this kind, in the order of the proto: not what Portico
// sets itself, an etag, or the number of a row.
std::vector<FieldPath> FieldPathsOf(const google::protobuf::Descriptor& message);

// Sets the field from a cell's text, which is not empty. Yes and no, true and false, 1 and 0 are
// bools; an enum's value may lack the enum's name (PRIMARY); a list's items are separated by |.
// INVALID_ARGUMENT: the text is no value of the field.
absl::Status SetField(const FieldPath& path, std::string_view text,
                      google::protobuf::Message& message);

// Takes the items without any field set out of the lists on the path.
void DropEmptyItems(const FieldPath& path, google::protobuf::Message& message);

}  // namespace portico::cli
