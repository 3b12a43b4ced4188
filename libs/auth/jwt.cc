#include "libs/auth/jwt.h"

#include <absl/strings/str_split.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/auth/encoding.h"
#include "libs/base/status_macros.h"

namespace portico::auth {
namespace {

using nlohmann::json;

absl::Status Malformed(std::string_view what) {
  return absl::UnauthenticatedError("the token is malformed: " + std::string(what));
}

absl::StatusOr<json> DecodeObject(std::string_view part, std::string_view name) {
  const std::optional<std::string> text = DecodeBase64Url(part);
  if (!text.has_value()) return Malformed(name);
  json object = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Malformed(name);
  return object;
}

// Sets `target` when the member is there; an error when it is no text.
absl::Status ReadText(const json& object, const char* name, std::string& target) {
  const auto member = object.find(name);
  if (member == object.end()) return absl::OkStatus();
  if (!member->is_string()) return Malformed(name);
  target = member->get<std::string>();
  return absl::OkStatus();
}

// A NumericDate: seconds since 1970, maybe with a fraction.
absl::Status ReadTime(const json& object, const char* name, absl::Time& target) {
  constexpr double kYear10000 = 253402300800;
  const auto member = object.find(name);
  if (member == object.end()) return absl::OkStatus();
  if (!member->is_number()) return Malformed(name);
  const double seconds = member->get<double>();
  if (!(seconds >= 0 && seconds < kYear10000)) return Malformed(name);
  target = absl::UnixEpoch() + absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Texts(const json& array, const char* name) {
  if (!array.is_array()) return Malformed(name);
  std::vector<std::string> texts;
  for (const json& item : array) {
    if (!item.is_string()) return Malformed(name);
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

absl::Status ReadHeader(const json& header, Jwt& jwt) {
  RETURN_IF_ERROR(ReadText(header, "alg", jwt.algorithm));
  // Extensions that must be understood (RFC 7515 section 4.1.11): we know none.
  if (header.contains("crit")) return Malformed("crit");
  if (header.contains("kid")) {
    jwt.key_id.emplace();
    RETURN_IF_ERROR(ReadText(header, "kid", *jwt.key_id));
  }
  return absl::OkStatus();
}

absl::Status ReadClaims(const json& claims, Jwt& jwt) {
  RETURN_IF_ERROR(ReadText(claims, "iss", jwt.issuer));
  RETURN_IF_ERROR(ReadText(claims, "sub", jwt.subject));
  if (!claims.contains("exp")) return Malformed("exp");
  RETURN_IF_ERROR(ReadTime(claims, "exp", jwt.expires));
  RETURN_IF_ERROR(ReadTime(claims, "nbf", jwt.not_before));
  RETURN_IF_ERROR(ReadTime(claims, "iat", jwt.issued));
  if (const auto audience = claims.find("aud"); audience != claims.end()) {
    if (audience->is_string()) {
      jwt.audiences = {audience->get<std::string>()};
    } else {
      ASSIGN_OR_RETURN(jwt.audiences, Texts(*audience, "aud"));
    }
  }
  if (const auto permissions = claims.find("permissions"); permissions != claims.end()) {
    ASSIGN_OR_RETURN(jwt.permissions, Texts(*permissions, "permissions"));
  } else if (claims.contains("scope")) {
    std::string scope;
    RETURN_IF_ERROR(ReadText(claims, "scope", scope));
    jwt.permissions = absl::StrSplit(scope, ' ', absl::SkipEmpty());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Jwt> ParseJwt(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return Malformed("too long");
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (first == last) return Malformed("want header.claims.signature");
  Jwt jwt;
  ASSIGN_OR_RETURN(const json header, DecodeObject(token.substr(0, first), "header"));
  RETURN_IF_ERROR(ReadHeader(header, jwt));
  // A further dot makes this part no base64url, so three parts are sure.
  ASSIGN_OR_RETURN(const json claims,
                   DecodeObject(token.substr(first + 1, last - first - 1), "claims"));
  RETURN_IF_ERROR(ReadClaims(claims, jwt));
  std::optional<std::string> signature = DecodeBase64Url(token.substr(last + 1));
  if (!signature.has_value()) return Malformed("signature");
  jwt.signature = *std::move(signature);
  jwt.signed_text = token.substr(0, last);
  return jwt;
}

const VerificationKey* FindKey(const Jwt& jwt, const KeySet& keys) {
  if (!jwt.key_id.has_value()) return keys.size() == 1 ? &keys.front() : nullptr;
  for (const VerificationKey& key : keys) {
    if (!key.key_id.empty() && key.key_id == *jwt.key_id) return &key;
  }
  return nullptr;
}

absl::Status VerifyJwt(const Jwt& jwt, const VerificationKey& key,
                       const JwtExpectation& expectation, absl::Time now) {
  if (jwt.algorithm != key.algorithm) {
    return absl::UnauthenticatedError("the token's algorithm is not its key's");
  }
  if (!IsSignedBy(key, jwt.signed_text, jwt.signature)) {
    return absl::UnauthenticatedError("the token's signature is wrong");
  }
  if (jwt.issuer != expectation.issuer) {
    return absl::UnauthenticatedError("the token is of another issuer");
  }
  if (std::find(jwt.audiences.begin(), jwt.audiences.end(), expectation.audience) ==
      jwt.audiences.end()) {
    return absl::UnauthenticatedError("the token is for another audience");
  }
  if (now >= jwt.expires + kClockSkew) {
    return absl::UnauthenticatedError("the token has expired");
  }
  if (now < jwt.not_before - kClockSkew || now < jwt.issued - kClockSkew) {
    return absl::UnauthenticatedError("the token is not valid yet");
  }
  if (jwt.subject.empty()) return absl::UnauthenticatedError("the token names no subject");
  return absl::OkStatus();
}

}  // namespace portico::auth
