#pragma once

#include <absl/status/statusor.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/session.h"
#include "libs/storage/value.h"

namespace portico::storage {

// A part of a list of ids, as a condition on the key of a table.
struct IdPortion {
  std::vector<std::string> ids;
  std::string where;  // "where id in (:id0, :id1, …)"

  std::vector<Value> Arguments() const;
};

// Cuts the ids, each taken once, into portions whose sizes are few, so that their
// statements stay prepared; what lacks at the end is filled by repetition.
std::vector<IdPortion> InPortions(std::vector<std::string> ids, std::string_view column = "id");

// What `select`, of one text column, finds where `column` is one of the ids and `condition` holds.
absl::StatusOr<std::set<std::string>> SelectAmong(Session& session, std::string_view select,
                                                  std::string_view column,
                                                  std::vector<std::string> ids,
                                                  std::string_view condition = "");

}  // namespace portico::storage
