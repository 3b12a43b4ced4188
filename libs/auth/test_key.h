#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY.

namespace portico::auth {

// A key of an issuer that is not ours, for tests: of any algorithm, and willing to
// sign any header and claims.
class TestKey {
 public:
  // "RS256", "ES256" or "EdDSA".
  TestKey(std::string algorithm, std::string key_id);

  // The public half as a JWK; `extra` is added inside, such as ",\"use\":\"enc\"".
  std::string Jwk(const std::string& extra = "") const;
  // A JWK set of this key alone.
  std::string JwkSet() const { return "{\"keys\":[" + Jwk() + "]}"; }

  // A token with the usual header and these claims (JSON text).
  std::string Sign(const std::string& claims) const;
  // A token with any header.
  std::string SignAs(const std::string& header, const std::string& claims) const;

  // The public half in PEM, what a forger would try as an HMAC secret.
  std::string PublicPem() const;

 private:
  std::string Signature(const std::string& text) const;

  const std::string algorithm_;
  const std::string key_id_;
  std::shared_ptr<evp_pkey_st> key_;
};

// A token of these parts (JSON texts) with any signature.
std::string TokenOf(const std::string& header, const std::string& claims,
                    const std::string& signature);

}  // namespace portico::auth
