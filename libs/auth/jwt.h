#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/auth/jwks.h"

namespace portico::auth {

// A JSON Web Token (RFC 7519) as read. Nothing in it is to be trusted before
// VerifyJwt says so.
struct Jwt {
  std::string algorithm;
  std::optional<std::string> key_id;
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  absl::Time expires;
  absl::Time not_before = absl::InfinitePast();
  absl::Time issued = absl::InfinitePast();
  // The claim `permissions`, else the words of `scope`; nullopt when there is neither.
  std::optional<std::vector<std::string>> permissions;

  std::string signed_text;
  std::string signature;
};

struct JwtExpectation {
  std::string issuer;
  std::string audience;
};

// How far the clocks of issuer and verifier may differ.
inline constexpr absl::Duration kClockSkew = absl::Seconds(30);

// Longer tokens are refused unread.
inline constexpr size_t kMaxTokenBytes = 8192;

// UNAUTHENTICATED: not a signed token in compact form, with an expiry and claims of the right
// types.
absl::StatusOr<Jwt> ParseJwt(std::string_view token);

// The key that the token says signed it: by its key id, or the only key of the set
// when it names none. Null when there is none.
const VerificationKey* FindKey(const Jwt& jwt, const KeySet& keys);

// Checks algorithm, signature, issuer, audience and times, and that there is a subject.
// UNAUTHENTICATED: with a short reason that tells nothing of the keys.
absl::Status VerifyJwt(const Jwt& jwt, const VerificationKey& key,
                       const JwtExpectation& expectation, absl::Time now);

}  // namespace portico::auth
