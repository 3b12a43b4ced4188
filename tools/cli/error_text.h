#pragma once

#include <absl/status/status.h>

#include <string>

namespace portico::cli {

// An error for a terminal: its code, reason and message, or one line for each
// wrong field.
std::string ErrorText(const absl::Status& status);

}  // namespace portico::cli
