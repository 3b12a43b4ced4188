#include "libs/log/redact.h"

#include <catch2/catch.hpp>

namespace portico::log {

TEST_CASE("A redacted address keeps its domain only", "[log]") {
  CHECK(Redacted("john.doe@example.com") == "***@example.com");
  CHECK(Redacted("\"odd@local\"@example.com") == "***@example.com");
  CHECK(Redacted("not an address") == "***");
  CHECK(Redacted("") == "***");
}

}  // namespace portico::log
