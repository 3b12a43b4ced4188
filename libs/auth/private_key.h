#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY.

namespace portico::auth {

// An Ed25519 key that signs tokens. Copies share the key. Thread-safe.
class PrivateKey {
 public:
  static PrivateKey Generate();
  // INVALID_ARGUMENT: no Ed25519 private key in PKCS #8 PEM.
  static absl::StatusOr<PrivateKey> FromPem(const Secret& pem);
  // Also when the file cannot be read; the error names it.
  static absl::StatusOr<PrivateKey> FromFile(const std::string& path);

  Secret Pem() const;
  // 64 bytes (RFC 8032).
  std::string Sign(std::string_view text) const;
  // 32 bytes.
  const std::string& public_bytes() const { return public_bytes_; }
  // The thumbprint of the public key (RFC 7638), so that equal keys have equal ids.
  const std::string& key_id() const { return key_id_; }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  std::string public_bytes_;
  std::string key_id_;
};

// The public half of `key` as a JWK; of a service's key also `service` and its permissions.
std::string PublicJwk(const PrivateKey& key);
std::string PublicJwk(const PrivateKey& key, std::string_view service,
                      const std::vector<std::string>& permissions);

// A JWK set of such keys.
std::string JwkSet(const std::vector<std::string>& jwks);

}  // namespace portico::auth
