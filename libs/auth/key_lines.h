#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/secret.h"

namespace portico::auth {

// A symmetric key, and the name that it goes by.
struct NamedKey {
  static constexpr size_t kBytes = 32;

  std::string id;  // Letters, digits, "-" and "_".
  Secret bytes;
};

// Keys are lines of `<key id> <base64 of 32 bytes>`. The first is the one in use and the others
// were before: a key is replaced by putting a new line before it, and dropped when nothing that
// was made with it counts any more. At least one is answered.
// INVALID_ARGUMENT names the file and line, never what stands there.
absl::StatusOr<std::vector<NamedKey>> ReadKeyLines(const std::string& path);
absl::StatusOr<std::vector<NamedKey>> ParseKeyLines(const Secret& lines);

// Whether `text` can be the id of a key.
bool IsKeyId(std::string_view text);

// A line with a new key.
Secret NewKeyLine();

}  // namespace portico::auth
