#include "libs/auth/init_sodium.h"

#include <sodium.h>

#include <catch2/catch.hpp>

#include "libs/auth/encoding.h"
#include "libs/auth/password_hasher.h"
#include "libs/auth/sealer.h"

namespace portico::auth {

// What libsodium answers who initializes it again.
constexpr int kReadyAlready = 1;

TEST_CASE("Whatever uses libsodium has readied it", "[auth]") {
  // An earlier test of this program may have, too: each section tells for itself when run alone.
  SECTION("a password hasher") { PasswordHasher hasher({.cost = PasswordCost::Cheapest()}); }
  SECTION("a sealer") { CHECK(Sealer::FromText(NewKeyLine()).ok()); }
  SECTION("an encoding") { CHECK(EncodeBase64Url("x") == "eA"); }
  CHECK(sodium_init() == kReadyAlready);
}

}  // namespace portico::auth
