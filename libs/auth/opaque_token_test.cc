#include "libs/auth/opaque_token.h"

#include <catch2/catch.hpp>

namespace portico::auth {

TEST_CASE("An opaque token is random, has its form, and hashes to its hash", "[auth]") {
  const OpaqueToken one = NewOpaqueToken();
  const OpaqueToken two = NewOpaqueToken();
  CHECK(one.token.Reveal().size() == 43);
  CHECK(one.token.Reveal() != two.token.Reveal());
  CHECK(IsOpaqueToken(one.token.Reveal()));
  CHECK(one.hash == HashOpaqueToken(one.token.Reveal()));
  CHECK(one.hash != two.hash);
  CHECK(HashOpaqueToken("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("Text of another form is no opaque token", "[auth]") {
  const std::string token = NewOpaqueToken().token.Reveal();
  CHECK_FALSE(IsOpaqueToken(""));
  CHECK_FALSE(IsOpaqueToken(token.substr(1)));
  CHECK_FALSE(IsOpaqueToken(token + "A"));
  CHECK_FALSE(IsOpaqueToken(token + "="));
  CHECK_FALSE(IsOpaqueToken(" " + token.substr(1)));
  CHECK_FALSE(IsOpaqueToken(std::string(43, '+')));
}

}  // namespace portico::auth
