#include "libs/auth/jwks.h"

#include <catch2/catch.hpp>

#include "libs/auth/encoding.h"
#include "libs/auth/test_key.h"

namespace portico::auth {
namespace {

std::string SetOf(const std::string& jwk) { return "{\"keys\":[" + jwk + "]}"; }

TEST_CASE("The RS256 example of RFC 7515 appendix A.2 verifies", "[auth]") {
  const KeySet keys =
      ParseJwks(SetOf(R"({"kty":"RSA","e":"AQAB","n":)"
                      R"("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPd)"
                      R"(dxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs)"
                      R"(D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX)"
                      R"(ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQ)"
                      R"(Y4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_)"
                      R"(h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})"))
          .value();
  REQUIRE(keys.size() == 1);
  const std::string text =
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ";
  const std::string signature =
      DecodeBase64Url(
          "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
          "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
          "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
          "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")
          .value();
  CHECK(keys[0].algorithm == "RS256");
  CHECK(IsSignedBy(keys[0], text, signature));
  CHECK_FALSE(IsSignedBy(keys[0], text + "x", signature));
}

TEST_CASE("The ES256 example of RFC 7515 appendix A.3 verifies", "[auth]") {
  const KeySet keys = ParseJwks(SetOf(R"({"kty":"EC","crv":"P-256",)"
                                      R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"))
                          .value();
  REQUIRE(keys.size() == 1);
  const std::string text =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ";
  const std::string signature =
      DecodeBase64Url(
          "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
          .value();
  CHECK(keys[0].algorithm == "ES256");
  CHECK(IsSignedBy(keys[0], text, signature));
  CHECK_FALSE(IsSignedBy(keys[0], text + "x", signature));
  CHECK_FALSE(IsSignedBy(keys[0], text, signature.substr(1)));
  CHECK_FALSE(IsSignedBy(keys[0], text, std::string(64, '\0')));
  CHECK_FALSE(IsSignedBy(keys[0], text, ""));
}

TEST_CASE("The EdDSA example of RFC 8037 appendix A.4 verifies", "[auth]") {
  const KeySet keys = ParseJwks(SetOf(R"({"kty":"OKP","crv":"Ed25519",)"
                                      R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"))
                          .value();
  REQUIRE(keys.size() == 1);
  const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature =
      DecodeBase64Url(
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
          .value();
  CHECK(keys[0].algorithm == "EdDSA");
  CHECK(IsSignedBy(keys[0], text, signature));
  CHECK_FALSE(IsSignedBy(keys[0], text + "x", signature));
}

TEST_CASE("A service's key carries its service and ceiling", "[auth]") {
  const TestKey key("EdDSA", "k1");
  const KeySet keys =
      ParseJwks(SetOf(key.Jwk(R"(,"service":"contact","permissions":["events.read","x"])")))
          .value();
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].key_id == "k1");
  CHECK(keys[0].service == "contact");
  CHECK(keys[0].permissions == std::vector<std::string>{"events.read", "x"});
}

TEST_CASE("Keys of other kinds or uses are passed over, broken ones too", "[auth]") {
  const TestKey good("ES256", "good");
  const std::string others[] = {
      R"({"kty":"oct","kid":"a","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"})",
      R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})",
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})",  // Not on the curve.
      R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",                 // Far too short.
      R"({"kty":"OKP","crv":"Ed25519","x":"AQAB"})",
      R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
      R"({"kty":"RSA"})",
      R"({"kty":7})",
      "7",
      TestKey("RS256", "encrypts").Jwk(R"(,"use":"enc")"),
      TestKey("RS256", "other algorithm").Jwk(R"(,"alg":"PS256")"),
      TestKey("EdDSA", "bad ceiling").Jwk(R"(,"permissions":"all")"),
      TestKey("EdDSA", "bad ceiling").Jwk(R"(,"permissions":[1])"),
  };
  for (const std::string& other : others) {
    CAPTURE(other);
    const absl::StatusOr<KeySet> keys = ParseJwks(SetOf(other + ',' + good.Jwk()));
    REQUIRE(keys.ok());
    REQUIRE(keys->size() == 1);
    CHECK(keys->front().key_id == "good");
  }
}

TEST_CASE("What is no JWK set is refused", "[auth]") {
  for (const char* text : {"", "{", "[]", "{}", "{\"keys\":{}}", "null", "{\"keys\":[]} x"}) {
    CAPTURE(text);
    CHECK(ParseJwks(text).status().code() == absl::StatusCode::kInvalidArgument);
  }
  CHECK(ParseJwks("{\"keys\":[]}").value().empty());
}

}  // namespace
}  // namespace portico::auth
