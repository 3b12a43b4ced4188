#include "libs/auth/private_key.h"

#include <absl/strings/str_join.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/auth/openssl_handle.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/settings/read_file.h"

namespace portico::auth {
namespace {

using nlohmann::ordered_json;

constexpr size_t kPublicBytes = 32;
constexpr size_t kSignatureBytes = 64;

// OpenSSL fails here only for want of memory, and then nothing can go on.
void Require(bool succeeded) {
  if (!succeeded) std::abort();
}

// A JWK of RFC 8037.
ordered_json Jwk(const PrivateKey& key) {
  return {{"kty", "OKP"}, {"crv", "Ed25519"},    {"x", EncodeBase64Url(key.public_bytes())},
          {"use", "sig"}, {"kid", key.key_id()}, {"alg", "EdDSA"}};
}

}  // namespace

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)), public_bytes_(kPublicBytes, '\0') {
  size_t size = public_bytes_.size();
  Require(EVP_PKEY_get_raw_public_key(key_.get(), Bytes(public_bytes_), &size) == 1);
  // The required members in alphabetical order, without blanks.
  key_id_ = EncodeBase64Url(
      Sha256(R"({"crv":"Ed25519","kty":"OKP","x":")" + EncodeBase64Url(public_bytes_) + "\"}"));
}

PrivateKey PrivateKey::Generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  Require(key != nullptr);
  return PrivateKey(KeyHandle(key));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(const Secret& pem) {
  const std::string& text = pem.Reveal();
  const Bio source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  // Without the callback OpenSSL would ask the terminal for a password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  KeyHandle key(PEM_read_bio_PrivateKey(source.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError("want an Ed25519 private key in PEM");
  }
  return PrivateKey(std::move(key));
}

absl::StatusOr<PrivateKey> PrivateKey::FromFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, settings::ReadFile(path));
  absl::StatusOr<PrivateKey> key = FromPem(Secret(text));
  if (!key.ok()) {
    return absl::InvalidArgumentError('"' + path + "\": " + std::string(key.status().message()));
  }
  return key;
}

Secret PrivateKey::Pem() const {
  const Bio target(BIO_new(BIO_s_secmem()));
  Require(PEM_write_bio_PrivateKey(target.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(target.get(), &text);
  return Secret(std::string(text, size));
}

std::string PrivateKey::Sign(std::string_view text) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  Require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
          EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(text), text.size()) == 1);
  return signature;
}

std::string PublicJwk(const PrivateKey& key) { return Jwk(key).dump(); }

std::string PublicJwk(const PrivateKey& key, std::string_view service,
                      const std::vector<std::string>& permissions) {
  ordered_json jwk = Jwk(key);
  jwk["service"] = service;
  jwk["permissions"] = permissions;
  return jwk.dump();
}

std::string JwkSet(const std::vector<std::string>& jwks) {
  return "{\"keys\":[\n" + absl::StrJoin(jwks, ",\n") + "\n]}\n";
}

}  // namespace portico::auth
