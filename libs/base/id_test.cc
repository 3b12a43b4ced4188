#include "libs/base/id.h"

#include <catch2/catch.hpp>
#include <set>

namespace portico {

TEST_CASE("Ids carry their kind, are unique and sort by time", "[base]") {
  const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
  std::set<std::string> seen;
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewId(IdKind::kContact, start + absl::Microseconds(i));
    CHECK(IsId(IdKind::kContact, id));
    CHECK_FALSE(IsId(IdKind::kAccount, id));
    CHECK(id > last);
    CHECK(seen.insert(id).second);
    last = id;
  }
}

TEST_CASE("An id sorts after an earlier one though the clock was set back", "[base]") {
  const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
  const std::string earlier = NewId(IdKind::kInvitation, start + absl::Hours(1));
  const std::string later = NewIdAfter(earlier, IdKind::kInvitation, start);
  CHECK(IsId(IdKind::kInvitation, later));
  CHECK(later > earlier);
  CHECK(NewIdAfter(later, IdKind::kInvitation, start) > later);
  CHECK(IsId(IdKind::kInvitation, NewIdAfter("", IdKind::kInvitation, start)));
}

TEST_CASE("What is not an id is told apart", "[base]") {
  CHECK_FALSE(IsId(IdKind::kContact, ""));
  CHECK_FALSE(IsId(IdKind::kContact, "con_"));
  CHECK_FALSE(IsId(IdKind::kContact, "con_0123456789abcdefghjkmn!"));
  CHECK_FALSE(IsId(IdKind::kContact, NewId(IdKind::kContact) + "0"));
}

}  // namespace portico
