#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>

namespace portico::cli {

// What a file's headers mean, where they do not say so themselves: the path of a field, or nothing
// for a column that is left out.
using NamedHeaders = std::map<std::string, std::string>;

// Reads "Header=field" pairs that `separator` stands between. Blank ones and those that begin with
// # are passed over. INVALID_ARGUMENT: one has no =, or a header comes twice.
absl::StatusOr<NamedHeaders> ParseNamedHeaders(std::string_view text, char separator);

// Reads what --mapping says: pairs with commas between, or the name of a file with a pair a line.
// INVALID_ARGUMENT: as above, or it is neither.
absl::StatusOr<NamedHeaders> ReadNamedHeaders(const std::string& mapping);

}  // namespace portico::cli
