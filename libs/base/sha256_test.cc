#include "libs/base/sha256.h"

#include <absl/strings/escaping.h>

#include <catch2/catch.hpp>

namespace portico {

TEST_CASE("SHA-256 is that of FIPS 180-4", "[base]") {
  CHECK(absl::BytesToHexString(Sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace portico
