#pragma once

#include <absl/status/statusor.h>

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "libs/storage/session.h"

namespace portico::storage {

// Texts as one argument of a statement, for a condition of Session::IsAmong: however many
// there are, the statement stays the same and takes one turn to the database.
std::string ListOf(std::span<const std::string> texts);

// The same for pairs of texts, and the condition that two columns are one of those.
using TextPair = std::pair<std::string, std::string>;
std::string ListOf(std::span<const TextPair> pairs);
std::string AreAmong(const Session& session, std::string_view first_column,
                     std::string_view second_column, std::string_view argument);

// What `select`, of one text column, finds where `column` is one of `texts` and `condition` holds.
absl::StatusOr<std::set<std::string>> SelectAmong(Session& session, std::string_view select,
                                                  std::string_view column,
                                                  std::span<const std::string> texts,
                                                  std::string_view condition = "");

}  // namespace portico::storage
