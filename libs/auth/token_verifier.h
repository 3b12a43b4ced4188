#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "libs/auth/caller.h"
#include "libs/auth/key_source.h"
#include "libs/base/clock.h"
#include "libs/settings/groups.h"

namespace portico::auth {

class TokenCache;
struct VerifiedToken;

struct TokenVerifierOptions {
  std::shared_ptr<KeySource> staff_keys;
  std::string issuer;    // What staff tokens must state as `iss`
  std::string audience;  // and among `aud`.
  std::shared_ptr<KeySource> service_keys;
};

// Turns a bearer token into its caller. There are two issuers, each trusted with its
// own keys only, so that neither can speak for the other:
// - the staff's: permissions from the claim `permissions` (an array of strings), else
//   from the words of `scope`;
// - "portico-services", audience "portico": `sub` must be the service that the key
//   belongs to, and the permissions are the key's, or those of them that the claim
//   `permissions` names.
//
// Verified tokens are remembered until they expire or the keys change, so that the
// signature is checked once. Thread-safe; waits for no network.
class TokenVerifier {
 public:
  TokenVerifier(TokenVerifierOptions options, const Clock& clock);
  ~TokenVerifier();

  // From the settings of a process.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Open(
      const settings::StaffTokenSettings& staff, const settings::ServiceTokenSettings& services,
      const Clock& clock);

  // `bearer_token` without "Bearer ".
  // UNAUTHENTICATED: the token is malformed, forged, expired or meant for others.
  // UNAVAILABLE: the issuer's keys are not at hand yet; the same token may do later.
  absl::StatusOr<Caller> Verify(std::string_view bearer_token);

 private:
  absl::StatusOr<std::shared_ptr<const VerifiedToken>> VerifyAnew(std::string_view token,
                                                                  absl::Time now);

  const TokenVerifierOptions options_;
  const Clock& clock_;
  const std::unique_ptr<TokenCache> cache_;
};

}  // namespace portico::auth
