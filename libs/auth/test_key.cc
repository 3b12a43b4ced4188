#include "libs/auth/test_key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <utility>

#include "libs/auth/encoding.h"
#include "libs/auth/openssl_handle.h"

namespace portico::auth {
namespace {

// A number of the key as unsigned bytes.
std::string Number(EVP_PKEY* key, const char* name, int width = 0) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, name, &raw);
  const BigNumber number(raw);
  std::string bytes(width > 0 ? width : BN_num_bytes(raw), '\0');
  BN_bn2binpad(raw, Bytes(bytes), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace

TestKey::TestKey(std::string algorithm, std::string key_id)
    : algorithm_(std::move(algorithm)), key_id_(std::move(key_id)) {
  if (algorithm_ == "RS256") {
    key_ = KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048}));
  } else if (algorithm_ == "ES256") {
    key_ = KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  } else {
    key_ = KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
}

std::string TestKey::Jwk(const std::string& extra) const {
  std::string jwk = "{\"kid\":\"" + key_id_ + "\",";
  if (algorithm_ == "RS256") {
    jwk += R"("kty":"RSA","n":")" + EncodeBase64Url(Number(key_.get(), OSSL_PKEY_PARAM_RSA_N)) +
           R"(","e":")" + EncodeBase64Url(Number(key_.get(), OSSL_PKEY_PARAM_RSA_E));
  } else if (algorithm_ == "ES256") {
    jwk += R"("kty":"EC","crv":"P-256","x":")" +
           EncodeBase64Url(Number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" +
           EncodeBase64Url(Number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32));
  } else {
    std::string x(32, '\0');
    size_t size = x.size();
    EVP_PKEY_get_raw_public_key(key_.get(), Bytes(x), &size);
    jwk += R"("kty":"OKP","crv":"Ed25519","x":")" + EncodeBase64Url(x);
  }
  return jwk + '"' + extra + '}';
}

std::string TestKey::Sign(const std::string& claims) const {
  return SignAs(R"({"alg":")" + algorithm_ + R"(","kid":")" + key_id_ + "\"}", claims);
}

std::string TestKey::SignAs(const std::string& header, const std::string& claims) const {
  const std::string text = EncodeBase64Url(header) + '.' + EncodeBase64Url(claims);
  return text + '.' + EncodeBase64Url(Signature(text));
}

std::string TestKey::PublicPem() const {
  const Bio target(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(target.get(), key_.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(target.get(), &text);
  return std::string(text, size);
}

std::string TestKey::Signature(const std::string& text) const {
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
  EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
  size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, Bytes(text), text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(text), text.size());
  signature.resize(size);
  if (algorithm_ != "ES256") return signature;

  const unsigned char* der = Bytes(std::string_view(signature));
  const EcdsaSignature numbers(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
  std::string raw(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), Bytes(raw), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), Bytes(raw) + 32, 32);
  return raw;
}

std::string TokenOf(const std::string& header, const std::string& claims,
                    const std::string& signature) {
  return EncodeBase64Url(header) + '.' + EncodeBase64Url(claims) + '.' + EncodeBase64Url(signature);
}

}  // namespace portico::auth
