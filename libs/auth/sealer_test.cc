#include "libs/auth/sealer.h"

#include <catch2/catch.hpp>

#include "libs/auth/encoding.h"
#include "libs/auth/test_directory.h"

namespace portico::auth {
namespace {

using absl::StatusCode;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

const std::string kOld = "old " + EncodeBase64(std::string(32, 'o')) + "\n";
const std::string kNew = "new " + EncodeBase64(std::string(32, 'n')) + "\n";

Sealer With(const std::string& lines) { return Sealer::FromText(Secret(lines)).value(); }

TEST_CASE("A sealed secret opens in its context only", "[auth]") {
  const Sealer sealer = With(kOld);
  const std::string sealed = sealer.Seal(Secret("the token"), "msg_1");
  CHECK_THAT(sealed, StartsWith("old."));
  CHECK_THAT(sealed, !Contains("token"));
  CHECK(sealed != sealer.Seal(Secret("the token"), "msg_1"));
  CHECK(sealer.Open(sealed, "msg_1").value().Reveal() == "the token");
  CHECK(sealer.Open(sealed, "msg_2").status().code() == StatusCode::kDataLoss);
  CHECK(sealer.Open(sealer.Seal(Secret(), ""), "").value().empty());
}

TEST_CASE("A damaged text does not open", "[auth]") {
  const Sealer sealer = With(kOld);
  const std::string sealed = sealer.Seal(Secret("the token"), "msg_1");
  for (size_t at = 4; at < sealed.size(); ++at) {
    std::string damaged = sealed;
    damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
    CHECK(sealer.Open(damaged, "msg_1").status().code() == StatusCode::kDataLoss);
  }
  for (const std::string& text : {std::string(), std::string("old"), std::string("old."),
                                  std::string("old.AAAA"), std::string(".AAAA"), sealed + "A"}) {
    CAPTURE(text);
    CHECK(sealer.Open(text, "msg_1").status().code() == StatusCode::kDataLoss);
  }
}

TEST_CASE("After a rotation the new key seals and both open, until the old one is gone", "[auth]") {
  const std::string sealed = With(kOld).Seal(Secret("the token"), "msg_1");
  const Sealer rotated = With(kNew + kOld);
  CHECK(rotated.Open(sealed, "msg_1").value().Reveal() == "the token");
  const std::string anew = rotated.Seal(Secret("another"), "msg_2");
  CHECK_THAT(anew, StartsWith("new."));

  const Sealer after = With(kNew);
  CHECK(after.Open(anew, "msg_2").value().Reveal() == "another");
  const absl::Status gone = after.Open(sealed, "msg_1").status();
  CHECK(gone.code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(gone.message()), Contains("\"old\""));
}

TEST_CASE("Keys are read from a file whose faults are named by line, without the key", "[auth]") {
  const TestDirectory directory;
  const std::string path = directory.Write("seal.key", "\r\n" + kNew + "\n" + kOld);
  CHECK(Sealer::FromFile(path).ok());

  const std::string short_key = "bad " + EncodeBase64("too short");
  for (const std::string& line : {short_key, std::string("bad"), "b.d " + kNew.substr(4),
                                  kNew.substr(4), std::string("bad not_base64!")}) {
    CAPTURE(line);
    const absl::Status status = Sealer::FromFile(directory.Write("bad.key", kOld + line)).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(status.message()), Contains("bad.key\": line 2: "));
    CHECK_THAT(std::string(status.message()), !Contains(EncodeBase64("too short")));
  }
  CHECK_FALSE(Sealer::FromText(Secret("\n")).ok());
  CHECK_FALSE(Sealer::FromFile(directory / "none.key").ok());
}

TEST_CASE("A new key line makes a sealer of its own", "[auth]") {
  const Sealer one = Sealer::FromText(NewKeyLine()).value();
  const Sealer two = Sealer::FromText(NewKeyLine()).value();
  const std::string sealed = one.Seal(Secret("the token"), "msg_1");
  CHECK(one.Open(sealed, "msg_1").ok());
  CHECK_FALSE(two.Open(sealed, "msg_1").ok());
}

}  // namespace
}  // namespace portico::auth
