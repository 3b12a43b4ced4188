#include "libs/auth/jwks.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/auth/openssl_handle.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::auth {
namespace {

using nlohmann::json;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // Larger ones only cost time.
constexpr size_t kP256Bytes = 32;

// The text of a member; "" when it is missing or no text.
std::string Text(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return "";
  return member->get<std::string>();
}

absl::StatusOr<std::string> Decoded(const json& jwk, const char* name) {
  std::optional<std::string> bytes = DecodeBase64Url(Text(jwk, name));
  if (!bytes.has_value() || bytes->empty()) {
    return absl::InvalidArgumentError(std::string(name) + ": want base64url");
  }
  return *std::move(bytes);
}

absl::StatusOr<KeyHandle> FromParams(const char* type, const ParamBuilder& builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (params == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return absl::InvalidArgumentError("its numbers make no key");
  }
  KeyHandle key(raw);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (EVP_PKEY_public_check(check.get()) != 1) {
    return absl::InvalidArgumentError("its numbers make no sound key");
  }
  return key;
}

absl::StatusOr<KeyHandle> RsaKey(const json& jwk) {
  ASSIGN_OR_RETURN(const std::string modulus, Decoded(jwk, "n"));
  ASSIGN_OR_RETURN(const std::string exponent, Decoded(jwk, "e"));
  const BigNumber n(BN_bin2bn(Bytes(modulus), static_cast<int>(modulus.size()), nullptr));
  const BigNumber e(BN_bin2bn(Bytes(exponent), static_cast<int>(exponent.size()), nullptr));
  const int bits = BN_num_bits(n.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return absl::InvalidArgumentError("got " + std::to_string(bits) + " bits, want " +
                                      std::to_string(kMinRsaBits) + " to " +
                                      std::to_string(kMaxRsaBits));
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return FromParams("RSA", builder);
}

absl::StatusOr<KeyHandle> P256Key(const json& jwk) {
  ASSIGN_OR_RETURN(const std::string x, Decoded(jwk, "x"));
  ASSIGN_OR_RETURN(const std::string y, Decoded(jwk, "y"));
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return absl::InvalidArgumentError("x, y: want 32 bytes each");
  }
  const std::string point = '\x04' + x + y;  // Uncompressed, SEC 1 section 2.3.3.
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return FromParams("EC", builder);
}

absl::StatusOr<KeyHandle> Ed25519Key(const json& jwk) {
  ASSIGN_OR_RETURN(const std::string x, Decoded(jwk, "x"));
  KeyHandle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size()));
  if (key == nullptr) return absl::InvalidArgumentError("x: want 32 bytes");
  return key;
}

// The algorithm for a kind of key; "" for a kind that we do not use.
std::string AlgorithmFor(const json& jwk) {
  const std::string type = Text(jwk, "kty");
  if (type == "RSA") return "RS256";
  if (type == "EC" && Text(jwk, "crv") == "P-256") return "ES256";
  if (type == "OKP" && Text(jwk, "crv") == "Ed25519") return "EdDSA";
  return "";
}

absl::StatusOr<VerificationKey> ParseKey(const json& jwk, const std::string& algorithm) {
  VerificationKey parsed{.key_id = Text(jwk, "kid"),
                         .algorithm = algorithm,
                         .key = nullptr,
                         .service = Text(jwk, "service"),
                         .permissions = {}};
  KeyHandle key;
  if (algorithm == "RS256") {
    ASSIGN_OR_RETURN(key, RsaKey(jwk));
  } else if (algorithm == "ES256") {
    ASSIGN_OR_RETURN(key, P256Key(jwk));
  } else {
    ASSIGN_OR_RETURN(key, Ed25519Key(jwk));
  }
  parsed.key = std::shared_ptr<EVP_PKEY>(std::move(key));
  if (const auto permissions = jwk.find("permissions"); permissions != jwk.end()) {
    if (!permissions->is_array()) return absl::InvalidArgumentError("permissions: want an array");
    for (const json& permission : *permissions) {
      if (!permission.is_string()) return absl::InvalidArgumentError("permissions: want strings");
      parsed.permissions.push_back(permission.get<std::string>());
    }
  }
  return parsed;
}

// The two numbers of an ES256 signature as the DER that OpenSSL reads.
std::string EcdsaDer(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return "";
  const EcdsaSignature numbers(ECDSA_SIG_new());
  ECDSA_SIG_set0(numbers.get(), BN_bin2bn(Bytes(signature), kP256Bytes, nullptr),
                 BN_bin2bn(Bytes(signature.substr(kP256Bytes)), kP256Bytes, nullptr));
  unsigned char* raw = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &raw);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<char*>(raw), size);
  OPENSSL_free(raw);
  return der;
}

}  // namespace

absl::StatusOr<KeySet> ParseJwks(std::string_view text) {
  const json set = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!set.is_object() || !set.contains("keys") || !set["keys"].is_array()) {
    return absl::InvalidArgumentError("want a JWK set, {\"keys\":[…]}");
  }
  KeySet keys;
  for (const json& jwk : set["keys"]) {
    if (!jwk.is_object()) continue;
    const std::string algorithm = AlgorithmFor(jwk);
    const std::string use = Text(jwk, "use");
    const std::string stated = Text(jwk, "alg");
    if (algorithm.empty() || (!use.empty() && use != "sig")) continue;
    if (!stated.empty() && stated != algorithm) continue;
    absl::StatusOr<VerificationKey> key = ParseKey(jwk, algorithm);
    if (key.ok()) {
      keys.push_back(*std::move(key));
    } else {
      log::Warn("a key of the JWK set is broken and passed over",
                {{"kid", Text(jwk, "kid")}, {"error", std::string(key.status().message())}});
    }
  }
  ERR_clear_error();
  return keys;
}

bool IsSignedBy(const VerificationKey& key, std::string_view text, std::string_view signature) {
  const std::string der = key.algorithm == "ES256" ? EcdsaDer(signature) : "";
  const std::string_view checked = key.algorithm == "ES256" ? der : signature;
  // EdDSA takes the text as it is and hashes within.
  const EVP_MD* digest = key.algorithm == "EdDSA" ? nullptr : EVP_sha256();
  const DigestContext context(EVP_MD_CTX_new());
  const bool is_signed =
      EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.key.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(checked), checked.size(), Bytes(text), text.size()) ==
          1;
  ERR_clear_error();  // TLS code on this thread would take a left-over error for its own.
  return is_signed;
}

}  // namespace portico::auth
