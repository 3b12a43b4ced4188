#include "libs/auth/jwt.h"

#include <openssl/hmac.h>

#include <catch2/catch.hpp>

#include "libs/auth/encoding.h"
#include "libs/auth/jwt_signer.h"
#include "libs/auth/test_key.h"

namespace portico::auth {
namespace {

using Catch::Matchers::Contains;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const JwtExpectation kExpected{.issuer = "issuer", .audience = "portico"};

std::string At(absl::Duration from_now) {
  return std::to_string(absl::ToUnixSeconds(kNow + from_now));
}

// Good claims with `more` before the closing brace.
std::string Claims(const std::string& more = "") {
  return R"({"iss":"issuer","sub":"jane","aud":"portico","exp":)" + At(absl::Minutes(5)) + more +
         '}';
}

// Parse, look up, verify: what TokenVerifier does with one issuer.
absl::Status Check(const std::string& token, const std::string& jwks, absl::Time now = kNow) {
  const absl::StatusOr<Jwt> jwt = ParseJwt(token);
  if (!jwt.ok()) return jwt.status();
  const KeySet keys = ParseJwks(jwks).value();
  const VerificationKey* key = FindKey(*jwt, keys);
  if (key == nullptr) return absl::UnauthenticatedError("unknown key");
  return VerifyJwt(*jwt, *key, kExpected, now);
}

std::string ErrorOf(const std::string& token, const std::string& jwks, absl::Time now = kNow) {
  const absl::Status status = Check(token, jwks, now);
  CHECK(status.code() == absl::StatusCode::kUnauthenticated);
  return std::string(status.message());
}

TEST_CASE("A good token of every algorithm verifies", "[auth]") {
  for (const char* algorithm : {"RS256", "ES256", "EdDSA"}) {
    CAPTURE(algorithm);
    const TestKey key(algorithm, "k1");
    CHECK(Check(key.Sign(Claims()), key.JwkSet()).ok());
  }
}

TEST_CASE("A token that we sign verifies and says what was put in", "[auth]") {
  const PrivateKey key = PrivateKey::Generate();
  const std::string token =
      SignJwt(key, {.issuer = "issuer",
                    .subject = "jane \"the\" admin",
                    .audience = "portico",
                    .permissions = std::vector<std::string>{"contacts.read", "contacts.write"},
                    .issued = kNow,
                    .expires = kNow + absl::Hours(1)});
  CHECK(Check(token, JwkSet({PublicJwk(key)})).ok());
  const Jwt jwt = ParseJwt(token).value();
  CHECK(jwt.key_id == key.key_id());
  CHECK(jwt.subject == "jane \"the\" admin");
  CHECK(jwt.expires == kNow + absl::Hours(1));
  CHECK(jwt.issued == kNow);
  CHECK(jwt.permissions == std::vector<std::string>{"contacts.read", "contacts.write"});
}

TEST_CASE("Permissions come from their claim, else from the words of scope", "[auth]") {
  const auto permissions_of = [](const std::string& more) {
    return ParseJwt(TokenOf("{}", Claims(more), "")).value().permissions;
  };
  using Permissions = std::vector<std::string>;
  CHECK(permissions_of(R"(,"permissions":["a","b"],"scope":"c")") == Permissions{"a", "b"});
  CHECK(permissions_of(R"(,"scope":" a  b ")") == Permissions{"a", "b"});
  CHECK(permissions_of(R"(,"permissions":[])") == Permissions{});
  CHECK_FALSE(permissions_of("").has_value());
}

TEST_CASE("A forged or altered token is refused", "[auth]") {
  for (const char* algorithm : {"RS256", "ES256", "EdDSA"}) {
    CAPTURE(algorithm);
    const TestKey key(algorithm, "k1");
    const TestKey forger(algorithm, "k1");
    CHECK_THAT(ErrorOf(forger.Sign(Claims()), key.JwkSet()), Contains("signature is wrong"));

    const std::string token = key.Sign(Claims());
    const std::string signature = token.substr(token.rfind('.') + 1);
    const std::string header = token.substr(0, token.find('.'));
    const std::string other_claims = EncodeBase64Url(Claims(R"(,"permissions":["all"])"));
    CHECK_THAT(ErrorOf(header + '.' + other_claims + '.' + signature, key.JwkSet()),
               Contains("signature is wrong"));
    CHECK_THAT(ErrorOf(token.substr(0, token.rfind('.') + 1), key.JwkSet()),
               Contains("signature is wrong"));
  }
}

TEST_CASE("The algorithm is the key's, whatever the token says", "[auth]") {
  const TestKey rsa("RS256", "k1");
  const TestKey ec("ES256", "k1");
  for (const char* algorithm : {"none", "None", "HS256", "ES256", "EdDSA", "PS256", "RS512", ""}) {
    CAPTURE(algorithm);
    const std::string header = R"({"alg":")" + std::string(algorithm) + R"(","kid":"k1"})";
    CHECK_THAT(ErrorOf(rsa.SignAs(header, Claims()), rsa.JwkSet()), Contains("algorithm"));
    CHECK_THAT(ErrorOf(TokenOf(header, Claims(), ""), rsa.JwkSet()), Contains("algorithm"));
  }
  CHECK_THAT(ErrorOf(rsa.SignAs(R"({"kid":"k1"})", Claims()), rsa.JwkSet()), Contains("algorithm"));
  CHECK_THAT(ErrorOf(rsa.Sign(Claims()), ec.JwkSet()), Contains("algorithm"));
}

TEST_CASE("A public key is no HMAC secret", "[auth]") {
  const TestKey key("RS256", "k1");
  const std::string text =
      EncodeBase64Url(R"({"alg":"HS256","kid":"k1"})") + '.' + EncodeBase64Url(Claims());
  for (const std::string& secret : {key.PublicPem(), key.Jwk()}) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    const std::string signature(reinterpret_cast<char*>(mac), size);
    CHECK_THAT(ErrorOf(text + '.' + EncodeBase64Url(signature), key.JwkSet()),
               Contains("algorithm"));
  }
}

TEST_CASE("A token must name its key unless there is only one", "[auth]") {
  const TestKey one("EdDSA", "k1");
  const TestKey two("EdDSA", "k2");
  const std::string both = "{\"keys\":[" + one.Jwk() + ',' + two.Jwk() + "]}";
  const std::string unnamed = two.SignAs(R"({"alg":"EdDSA"})", Claims());
  CHECK(Check(two.Sign(Claims()), both).ok());
  CHECK(Check(unnamed, two.JwkSet()).ok());
  CHECK(ErrorOf(unnamed, both) == "unknown key");
  CHECK(ErrorOf(two.Sign(Claims()), one.JwkSet()) == "unknown key");
  CHECK(ErrorOf(two.SignAs(R"({"alg":"EdDSA","kid":""})", Claims()), both) == "unknown key");
  // The id of another key does not help.
  CHECK_THAT(ErrorOf(two.SignAs(R"({"alg":"EdDSA","kid":"k1"})", Claims()), both),
             Contains("signature is wrong"));
}

TEST_CASE("Issuer, audience and subject must be right", "[auth]") {
  const TestKey key("EdDSA", "k1");
  const auto error_of = [&key](const std::string& claims) {
    return ErrorOf(key.Sign(claims + R"(,"exp":)" + At(absl::Minutes(5)) + '}'), key.JwkSet());
  };
  CHECK_THAT(error_of(R"({"iss":"other","sub":"jane","aud":"portico")"), Contains("issuer"));
  CHECK_THAT(error_of(R"({"sub":"jane","aud":"portico")"), Contains("issuer"));
  CHECK_THAT(error_of(R"({"iss":"issuer","sub":"jane","aud":"other")"), Contains("audience"));
  CHECK_THAT(error_of(R"({"iss":"issuer","sub":"jane","aud":["a","b"])"), Contains("audience"));
  CHECK_THAT(error_of(R"({"iss":"issuer","sub":"jane","aud":[])"), Contains("audience"));
  CHECK_THAT(error_of(R"({"iss":"issuer","sub":"jane")"), Contains("audience"));
  CHECK_THAT(error_of(R"({"iss":"issuer","aud":"portico")"), Contains("subject"));
  CHECK(Check(key.Sign(R"({"iss":"issuer","sub":"jane","aud":["a","portico"],"exp":)" +
                       At(absl::Minutes(5)) + '}'),
              key.JwkSet())
            .ok());
}

TEST_CASE("A token holds from nbf and iat until exp, give or take the clocks", "[auth]") {
  const TestKey key("EdDSA", "k1");
  const std::string usual = key.Sign(Claims());
  const absl::Time end = kNow + absl::Minutes(5);
  CHECK(Check(usual, key.JwkSet(), end + absl::Seconds(29)).ok());
  CHECK_THAT(ErrorOf(usual, key.JwkSet(), end + absl::Seconds(30)), Contains("expired"));

  for (const std::string& claim : {std::string("nbf"), std::string("iat")}) {
    CAPTURE(claim);
    const std::string early = key.Sign(Claims(",\"" + claim + "\":" + At(absl::Minutes(1))));
    CHECK_THAT(ErrorOf(early, key.JwkSet(), kNow + absl::Seconds(29)), Contains("not valid yet"));
    CHECK(Check(early, key.JwkSet(), kNow + absl::Seconds(30)).ok());
  }
  CHECK(Check(key.Sign(Claims(R"(,"nbf":1799999999.5)")), key.JwkSet()).ok());
}

TEST_CASE("A malformed token is refused", "[auth]") {
  const TestKey key("EdDSA", "k1");
  const std::string header = R"({"alg":"EdDSA","kid":"k1"})";
  const std::string good = key.Sign(Claims());
  const std::string tokens[] = {
      "",
      ".",
      "..",
      "...",
      "a.b",
      "a.b.c",
      good + ".x",
      good + "=",
      ' ' + good,
      good + '\n',
      std::string(9000, 'a'),
      TokenOf("[]", Claims(), ""),
      TokenOf("{", Claims(), ""),
      TokenOf(R"({"alg":7})", Claims(), ""),
      TokenOf(R"({"alg":"EdDSA","kid":7})", Claims(), ""),
      key.SignAs(R"({"alg":"EdDSA","kid":"k1","crit":["b64"],"b64":false})", Claims()),
      TokenOf(header, "[]", ""),
      TokenOf(header, R"({"iss":"issuer","sub":"jane","aud":"portico"})", ""),
      TokenOf(header, R"({"exp":"soon"})", ""),
      TokenOf(header, R"({"exp":1e300})", ""),
      TokenOf(header, R"({"exp":-1})", ""),
      TokenOf(header, Claims(R"(,"nbf":"now")"), ""),
      TokenOf(header, Claims(R"(,"iat":null)"), ""),
      TokenOf(header, Claims(R"(,"permissions":"all")"), ""),
      TokenOf(header, Claims(R"(,"permissions":["a",7])"), ""),
      TokenOf(header, Claims(R"(,"scope":["a"])"), ""),
      TokenOf(header, Claims(R"(,"aud":7)"), ""),
      TokenOf(header, Claims(R"(,"sub":{})"), ""),
      TokenOf(header, Claims(R"(,"x":)" + std::string(3000, '[')), ""),
  };
  for (const std::string& token : tokens) {
    CAPTURE(token);
    CHECK_THAT(ErrorOf(token, key.JwkSet()), Contains("malformed"));
  }
}

}  // namespace
}  // namespace portico::auth
