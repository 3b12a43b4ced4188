#pragma once

#include <absl/status/statusor.h>

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "libs/storage/session.h"

namespace portico::storage {

// Texts as one argument of a statement, for a condition of Session::IsAmong: however many
// there are, the statement stays the same and takes one turn to the database.
std::string ListOf(std::span<const std::string> texts);

// What `select`, of one text column, finds where `column` is one of `texts` and `condition` holds.
absl::StatusOr<std::set<std::string>> SelectAmong(Session& session, std::string_view select,
                                                  std::string_view column,
                                                  std::span<const std::string> texts,
                                                  std::string_view condition = "");

}  // namespace portico::storage
