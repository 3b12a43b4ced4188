#pragma once

#include <absl/status/statusor.h>

#include <string>

namespace portico::settings {

// The content of a file that a setting names. The error's message quotes the path
// and says why it could not be read; its code is that of errno.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace portico::settings
