#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <map>
#include <set>
#include <span>
#include <string>
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
  // Both outlive this.
  ImportSetup(const Constraints& constraints, const std::vector<NamedReference>& names)
      : constraints_(constraints), names_(names) {}

  // Each row holds its resource in `resource`.
  absl::Status Read(storage::Session& session,
                    std::span<const google::protobuf::Message* const> rows,
                    const google::protobuf::FieldDescriptor& resource);

  // Puts into `resource` the ids of what `row` names. INVALID_ARGUMENT: there is no such, or the
  // resource has another id already.
  absl::Status Resolve(const google::protobuf::Message& row,
                       google::protobuf::Message& resource) const;

  // As Constraints::Check, for the references that were read.
  absl::Status Check(const google::protobuf::Message& before,
                     const google::protobuf::Message& after) const;

 private:
  struct Known {
    std::unordered_map<std::string, std::string> id_by_name;
    std::unordered_map<std::string, bool> is_active;  // By id.
  };

  const std::string* TableOf(const std::string& field) const;
  static absl::Status ReadTable(storage::Session& session, const std::string& table,
                                std::string_view column, const std::set<std::string>& values,
                                Known& known);

  const Constraints& constraints_;
  const std::vector<NamedReference>& names_;
  std::map<std::string, Known> tables_;
};

}  // namespace portico::account
