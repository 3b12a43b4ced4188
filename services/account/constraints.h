#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "libs/storage/session.h"

namespace portico::account {

// What rows of one table must hold beyond their own fields. All the fields
// named here are strings; an empty one is free of its rule.
struct Constraints {
  // No two rows have the same value in `field`, or none of those with the same
  // value in `scope`, where that is not empty. A unique index stands behind it.
  struct Unique {
    std::string field, scope;
  };
  // `field` is the id of an active row of `table`.
  struct Reference {
    std::string field, table;
  };

  std::string table;  // Also the name of the field that holds such a row in requests.
  std::vector<Unique> unique;
  std::vector<Reference> references;

  // Checks the fields in which `after` differs from `before`, which is a default
  // instance for a new row; so what was chosen while it was active may stay.
  // ALREADY_EXISTS names the first field whose value is taken, INVALID_ARGUMENT
  // every reference that is wrong.
  absl::Status Check(storage::Session& session, const google::protobuf::Message& before,
                     const google::protobuf::Message& after) const;

  // What is wrong with a value that another row has, and with an id that is no active row's.
  std::string WantUntaken(const std::string& value) const;
  static std::string WantActive(const std::string& id, const std::string& referred);

 private:
  absl::Status CheckUnique(storage::Session& session, const google::protobuf::Message& before,
                           const google::protobuf::Message& after) const;
  absl::Status CheckReferences(storage::Session& session, const google::protobuf::Message& before,
                               const google::protobuf::Message& after) const;
};

}  // namespace portico::account
