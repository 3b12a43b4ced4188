#pragma once

#include <absl/status/statusor.h>

#include <string>

namespace portico::auth {

// INVALID_ARGUMENT: not an https URL, nor an http one to a loopback address, or with a password.
absl::Status CheckUrl(const std::string& url);

// The body at a URL that CheckUrl accepts; follows no redirect.
// UNAVAILABLE: no answer within five seconds, one that is not 200, or over 1 MiB.
absl::StatusOr<std::string> HttpGet(const std::string& url);

}  // namespace portico::auth
