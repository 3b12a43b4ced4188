#include "services/gateway/url.h"

#include <catch2/catch.hpp>

namespace portico::gateway {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("Queries are taken apart and decoded", "[gateway]") {
  CHECK(ParseQuery("") == Pairs{});
  CHECK(ParseQuery("a=b&c=d") == Pairs{{"a", "b"}, {"c", "d"}});
  CHECK(ParseQuery("a=b=c&&d&e=") == Pairs{{"a", "b=c"}, {"d", ""}, {"e", ""}});
  CHECK(ParseQuery("e%2Bmail=a%40b+c%2b") == Pairs{{"e+mail", "a@b c+"}});
  CHECK_FALSE(ParseQuery("a=%"));
  CHECK_FALSE(ParseQuery("a=%4"));
  CHECK_FALSE(ParseQuery("%4x=b"));
}

}  // namespace portico::gateway
