#pragma once

#include <absl/status/statusor.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portico::storage {

// Says where the next page begins: `key` holds the sort key of the last row
// sent, `query_fingerprint` all that decides which rows the pages hold and in
// what order (filters, sorting, but not the page size). Opaque to callers, but
// not secret: `key` can be read out of it. No key makes the empty token.
std::string EncodePageToken(std::span<const std::string> key, std::string_view query_fingerprint);

// The key in `token`, or none when it is empty, which asks for the first page.
// INVALID_ARGUMENT: the token is none of ours or belongs to another query.
absl::StatusOr<std::vector<std::string>> DecodePageToken(std::string_view token,
                                                         std::string_view query_fingerprint);

}  // namespace portico::storage
