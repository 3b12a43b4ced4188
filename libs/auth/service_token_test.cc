#include "libs/auth/service_token.h"

#include <catch2/catch.hpp>

#include "libs/auth/jwt.h"
#include "libs/auth/test_directory.h"
#include "libs/testing/fake_clock.h"

namespace portico::auth {
namespace {

using Catch::Matchers::Contains;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST_CASE("A service token is kept for half its lifetime, then signed anew", "[auth]") {
  testing::FakeClock clock(kStart);
  ServiceTokenSource source(PrivateKey::Generate(), "contact", clock);
  const std::string first = source.Token();
  clock.Advance(kServiceTokenLifetime / 2 - absl::Seconds(1));
  CHECK(source.Token() == first);
  clock.Advance(absl::Seconds(1));
  const std::string second = source.Token();
  CHECK(second != first);
  CHECK(ParseJwt(second).value().expires == clock.Now() + kServiceTokenLifetime);
}

TEST_CASE("A clock set back does not keep a token from the future", "[auth]") {
  testing::FakeClock clock(kStart);
  ServiceTokenSource source(PrivateKey::Generate(), "contact", clock);
  const std::string first = source.Token();
  clock.Advance(-absl::Hours(1));
  CHECK(source.Token() != first);
}

TEST_CASE("A service token is signed by the key of its file", "[auth]") {
  const testing::FakeClock clock(kStart);
  const TestDirectory directory;
  const PrivateKey key = PrivateKey::Generate();
  const std::string path = directory.Write("contact.pem", key.Pem().Reveal());
  const auto source = ServiceTokenSource::FromFile(path, "contact", clock).value();
  const Jwt jwt = ParseJwt(source->Token()).value();
  CHECK(jwt.key_id == key.key_id());
  CHECK(jwt.subject == "contact");
  CHECK(jwt.issuer == "portico-services");
  CHECK(jwt.audiences == std::vector<std::string>{"portico"});

  const absl::Status missing =
      ServiceTokenSource::FromFile(directory / "none.pem", "contact", clock).status();
  CHECK_THAT(std::string(missing.message()), Contains("none.pem"));
}

}  // namespace
}  // namespace portico::auth
