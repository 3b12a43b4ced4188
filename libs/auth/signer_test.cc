#include "libs/auth/signer.h"

#include <catch2/catch.hpp>

#include "libs/auth/encoding.h"
#include "libs/auth/test_directory.h"

namespace portico::auth {
namespace {

const std::string kOld = "old " + EncodeBase64(std::string(32, 'o')) + "\n";
const std::string kNew = "new " + EncodeBase64(std::string(32, 'n')) + "\n";

Signer With(const std::string& lines) { return Signer::FromText(Secret(lines)).value(); }

TEST_CASE("A signature is of its text, its purpose and its key", "[auth]") {
  const Signer signer = With(kOld);
  const std::string signature = signer.Sign("ivc_1 until Monday", "link");
  CHECK(signature.size() == Signer::kSignatureBytes);
  CHECK(signature == signer.Sign("ivc_1 until Monday", "link"));
  CHECK(signer.Verify("ivc_1 until Monday", "link", signature));
  CHECK_FALSE(signer.Verify("ivc_2 until Monday", "link", signature));
  CHECK_FALSE(signer.Verify("ivc_1 until Monday", "mail", signature));
  CHECK_FALSE(signer.Verify("ivc_1 until Monday", "", signature));
  CHECK_FALSE(With(kNew).Verify("ivc_1 until Monday", "link", signature));
  CHECK_FALSE(signer.Verify("ivc_1 until Monday", "link", ""));
  for (size_t at = 0; at < signature.size(); ++at) {
    std::string damaged = signature;
    damaged[at] ^= 1;
    CHECK_FALSE(signer.Verify("ivc_1 until Monday", "link", damaged));
  }
}

TEST_CASE("After a rotation both keys verify, until the old one is gone", "[auth]") {
  const std::string signature = With(kOld).Sign("text", "link");
  CHECK(With(kNew + kOld).Verify("text", "link", signature));
  CHECK(With(kNew + kOld).Sign("text", "link") == With(kNew).Sign("text", "link"));
  CHECK_FALSE(With(kNew).Verify("text", "link", signature));
}

TEST_CASE("Derived keys sign by their label, and tell nothing of the signatures of their own",
          "[auth]") {
  const auto derived = [](const std::string& lines, std::string_view label) {
    return Signer::Derive(ParseKeyLines(Secret(lines)).value(), label);
  };
  const std::string signature = derived(kOld, "mail").Sign("text", "link");
  CHECK(derived(kNew + kOld, "mail").Verify("text", "link", signature));
  CHECK_FALSE(derived(kOld, "other").Verify("text", "link", signature));
  CHECK_FALSE(With(kOld).Verify("text", "link", signature));
  const std::vector<std::string> both = derived(kNew + kOld, "mail").Signatures("text", "link");
  REQUIRE(both.size() == 2);
  CHECK(both[0] == derived(kNew, "mail").Sign("text", "link"));
  CHECK(both[1] == signature);
}

TEST_CASE("A file without keys makes no signer", "[auth]") {
  const TestDirectory directory;
  CHECK(Signer::FromFile(directory.Write("some.key", kNew + kOld)).ok());
  CHECK_FALSE(Signer::FromFile(directory.Write("empty.key", "\n")).ok());
  CHECK_FALSE(Signer::FromFile(directory / "none.key").ok());
}

}  // namespace
}  // namespace portico::auth
