#pragma once

#include <absl/strings/numbers.h>

#include <cstdint>
#include <string>

namespace portico::invitation {

// Etags count the changes of a resource: "1", "2", …; "" is before the first.
inline std::string NextEtag(const std::string& etag) {
  int64_t revision = 0;
  return std::to_string(absl::SimpleAtoi(etag, &revision) ? revision + 1 : 1);
}

}  // namespace portico::invitation
