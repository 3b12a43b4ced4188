#include "services/registration/user_id.h"

#include <catch2/catch.hpp>

namespace portico::registration {

TEST_CASE("A user ID has 3 to 64 letters, digits and . _ - @ +", "[user_id]") {
  for (const char* valid : {"abc", "john.doe", "John_Doe-2", "john+portal@example.com", "007"}) {
    INFO(valid);
    CHECK(IsValidUserId(valid));
  }
  CHECK(IsValidUserId(std::string(64, 'x')));
  for (const char* invalid :
       {"", "ab", "john doe", "jöhn", "john/doe", "john\ndoe", "a,b", "a%b"}) {
    INFO(invalid);
    CHECK_FALSE(IsValidUserId(invalid));
  }
  CHECK_FALSE(IsValidUserId(std::string(65, 'x')));
}

TEST_CASE("User IDs are the same in whatever case", "[user_id]") {
  CHECK(UserIdKey("John.Doe@Example.com") == UserIdKey("john.doe@EXAMPLE.COM"));
  CHECK(UserIdKey("john") != UserIdKey("joan"));
}

}  // namespace portico::registration
