#include "libs/auth/private_key.h"

#include <absl/strings/escaping.h>

#include <catch2/catch.hpp>

#include "libs/auth/encoding.h"
#include "libs/auth/jwks.h"
#include "libs/auth/test_directory.h"

namespace portico::auth {
namespace {

using Catch::Matchers::Contains;

// The key of RFC 8037 appendix A.1 as PKCS #8.
Secret ExamplePem() {
  const std::string der = absl::HexStringToBytes("302e020100300506032b657004220420") +
                          DecodeBase64Url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").value();
  return Secret("-----BEGIN PRIVATE KEY-----\n" + EncodeBase64(der) +
                "\n-----END PRIVATE KEY-----\n");
}

TEST_CASE("A key signs and is named as in RFC 8037 appendix A", "[auth]") {
  const PrivateKey key = PrivateKey::FromPem(ExamplePem()).value();
  CHECK(EncodeBase64Url(key.public_bytes()) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  CHECK(key.key_id() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  CHECK(EncodeBase64Url(key.Sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")) ==
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

TEST_CASE("A generated key survives its PEM, and its JWK verifies what it signs", "[auth]") {
  const PrivateKey key = PrivateKey::Generate();
  const PrivateKey again = PrivateKey::FromPem(key.Pem()).value();
  CHECK(again.key_id() == key.key_id());
  CHECK(PrivateKey::Generate().key_id() != key.key_id());

  const KeySet keys =
      ParseJwks(JwkSet({PublicJwk(key), PublicJwk(key, "contact", {"events.read"})})).value();
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].key_id == key.key_id());
  CHECK(keys[0].service.empty());
  CHECK(keys[1].service == "contact");
  CHECK(keys[1].permissions == std::vector<std::string>{"events.read"});
  CHECK(IsSignedBy(keys[0], "text", again.Sign("text")));
  CHECK_FALSE(IsSignedBy(keys[0], "text", PrivateKey::Generate().Sign("text")));
}

TEST_CASE("What is no Ed25519 private key is refused, and its file named", "[auth]") {
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& text : {std::string(), std::string("hello"), encrypted}) {
    CHECK(PrivateKey::FromPem(Secret(text)).status().code() == absl::StatusCode::kInvalidArgument);
  }
  const TestDirectory directory;
  const absl::Status missing = PrivateKey::FromFile(directory / "none.pem").status();
  CHECK_THAT(std::string(missing.message()), Contains("none.pem"));
  const absl::Status broken = PrivateKey::FromFile(directory.Write("broken.pem", "x")).status();
  CHECK_THAT(std::string(broken.message()), Contains("broken.pem"));
}

}  // namespace
}  // namespace portico::auth
