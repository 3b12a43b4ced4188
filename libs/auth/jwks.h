#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY.

namespace portico::auth {

// A public key, for one algorithm only, so that a token cannot choose how it is checked.
struct VerificationKey {
  std::string key_id;     // "" when the set gives none.
  std::string algorithm;  // "RS256", "ES256" or "EdDSA".
  std::shared_ptr<evp_pkey_st> key;

  // Of a service's key: whose it is, and the most that its tokens may do.
  std::string service;
  std::vector<std::string> permissions;
};

using KeySet = std::vector<VerificationKey>;

// Reads a JWK set (RFC 7517): RSA of 2048 bits or more, EC P-256 and Ed25519. Keys
// of other kinds or uses are passed over, as the RFC asks; broken ones too, with a log line.
// INVALID_ARGUMENT: the text is no JWK set.
absl::StatusOr<KeySet> ParseJwks(std::string_view text);

// Whether `signature`, in the form of RFC 7518 section 3, is the key's for `text`.
bool IsSignedBy(const VerificationKey& key, std::string_view text, std::string_view signature);

}  // namespace portico::auth
