#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <vector>

#include "libs/auth/private_key.h"

namespace portico::auth {

struct JwtClaims {
  std::string issuer;
  std::string subject;
  std::string audience;
  std::optional<std::vector<std::string>> permissions;  // No claim when nullopt.
  absl::Time issued;
  absl::Time expires;
};

// A JSON Web Token in compact form (RFC 7519), signed with EdDSA; times in whole seconds.
std::string SignJwt(const PrivateKey& key, const JwtClaims& claims);

}  // namespace portico::auth
