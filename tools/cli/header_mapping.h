#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/rpc/errors.h"
#include "tools/cli/field_path.h"
#include "tools/cli/named_headers.h"

namespace portico::cli {

// Turns the records of a CSV file into rows of an import.
class HeaderMapping {
 public:
  // `row` is the kind of row, `resource` its field that holds what is imported. A header that is
  // the path of a field means that one, case, blanks and underscores aside, with or without the
  // resource's name in front; `named` goes first.
  // INVALID_ARGUMENT: a header means nothing, or two mean the same; `named` has a header that the
  // file has not, or a field that the row has not.
  static absl::StatusOr<HeaderMapping> Create(const google::protobuf::Descriptor& row,
                                              const google::protobuf::FieldDescriptor& resource,
                                              const std::vector<std::string>& headers,
                                              const NamedHeaders& named);

  // Fills `row`; an empty field sets nothing. Answers the first field that is wrong.
  std::optional<rpc::FieldViolation> Fill(const std::vector<std::string>& fields,
                                          google::protobuf::Message& row) const;

  // The fields of the resource that the file has columns for, as the paths of a mask
  // ("address.city"; a list as a whole), but for those that tell which one it is: an empty cell
  // there empties nothing.
  std::vector<std::string> Columns() const;

 private:
  const google::protobuf::FieldDescriptor* resource_ = nullptr;
  std::vector<std::optional<FieldPath>> columns_;  // None for one that is left out.
};

}  // namespace portico::cli
