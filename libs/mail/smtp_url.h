#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "libs/base/secret.h"

namespace portico::mail {

// A mail server's URL (see TransportOptions::url), taken apart.
struct SmtpUrl {
  std::string server;  // scheme://host[:port][/name], as libcurl takes it.
  std::string user;    // Empty without a login.
  Secret password;
  bool require_tls = false;
};

// INVALID_ARGUMENT says what is wrong, without the URL, which may hold a password.
absl::StatusOr<SmtpUrl> ParseSmtpUrl(const Secret& url);

}  // namespace portico::mail
