#include "libs/base/secret.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace portico {

TEST_CASE("A secret prints as stars", "[base]") {
  std::ostringstream out;
  out << Secret("hunter2");
  CHECK(out.str() == "***");
}

TEST_CASE("Secrets compare by content and length", "[base]") {
  CHECK(EqualInConstantTime("abc", "abc"));
  CHECK_FALSE(EqualInConstantTime("abc", "abd"));
  CHECK_FALSE(EqualInConstantTime("abc", "ab"));
}

}  // namespace portico
