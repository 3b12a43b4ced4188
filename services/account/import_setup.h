#pragma once

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/storage/session.h"
#include "services/account/constraints.h"

namespace portico::account {

// The field of a row that names what a field of its resource refers to: "division", for
// "division_id".
struct NamedReference {
  std::string row_field, field;
};

// The divisions, classes, … that the rows of one batch of an import refer to, read at once.
class ImportSetup {
 public:
  // `resource` is the field of the rows that holds what is imported, and `constraints` are of that;
  // they outlive this.
  ImportSetup(const Constraints& constraints, const std::vector<NamedReference>& names,
              const google::protobuf::FieldDescriptor& resource);

  absl::Status Read(storage::Session& session,
                    std::span<const google::protobuf::Message* const> rows);

  // Puts into `resource` the ids of what `row` names. INVALID_ARGUMENT: there is no such, or the
  // resource has another id already.
  absl::Status Resolve(const google::protobuf::Message& row,
                       google::protobuf::Message& resource) const;

  // As Constraints::Check, for the references that were read.
  absl::Status Check(const google::protobuf::Message& before,
                     const google::protobuf::Message& after) const;

 private:
  struct Reference {
    const google::protobuf::FieldDescriptor* field;  // Of the resource,
    const google::protobuf::FieldDescriptor*
        row_field;  // and of the row; null where there is none.
    std::string table;
    std::unordered_map<std::string, std::string> id_by_name = {};
    std::unordered_map<std::string, bool> is_active = {};  // By id.
  };

  static absl::Status Read(storage::Session& session, std::string_view column,
                           const std::set<std::string>& values, Reference& reference);

  const Constraints& constraints_;
  const google::protobuf::FieldDescriptor& resource_;
  std::vector<Reference> references_;
};

}  // namespace portico::account
