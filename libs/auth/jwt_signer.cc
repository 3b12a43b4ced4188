#include "libs/auth/jwt_signer.h"

#include <nlohmann/json.hpp>

#include "libs/auth/encoding.h"

namespace portico::auth {

std::string SignJwt(const PrivateKey& key, const JwtClaims& claims) {
  const nlohmann::ordered_json header = {{"alg", "EdDSA"}, {"typ", "JWT"}, {"kid", key.key_id()}};
  nlohmann::ordered_json body = {{"iss", claims.issuer},
                                 {"sub", claims.subject},
                                 {"aud", claims.audience},
                                 {"iat", absl::ToUnixSeconds(claims.issued)},
                                 {"exp", absl::ToUnixSeconds(claims.expires)}};
  if (claims.permissions.has_value()) body["permissions"] = *claims.permissions;
  const std::string text = EncodeBase64Url(header.dump()) + '.' + EncodeBase64Url(body.dump());
  return text + '.' + EncodeBase64Url(key.Sign(text));
}

}  // namespace portico::auth
