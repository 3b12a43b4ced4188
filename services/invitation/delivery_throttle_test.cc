#include "services/invitation/delivery_throttle.h"

#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <string>

#include "libs/testing/fake_clock.h"

namespace portico::invitation {
namespace {

OutgoingMail MailTo(const std::string& id, const std::string& address, Lane lane = Lane::kBulk) {
  OutgoingMail mail{.lane = lane};
  mail.message.set_id(id);
  mail.message.set_recipient(address);
  return mail;
}

TEST_CASE("Without limits mail goes out at once", "[throttle]") {
  testing::FakeClock clock(absl::FromUnixSeconds(1));
  DeliveryThrottle throttle({}, clock);
  CHECK(throttle.Room(Lane::kBulk, 500) == 500);
  for (int i = 0; i < 1000; ++i) {
    CHECK(throttle.Plan(MailTo(absl::StrCat(i), "ann@x.example")) == absl::ZeroDuration());
  }
}

TEST_CASE("An overall rate has room for what goes out within reach, and again later", "[throttle]") {
  testing::FakeClock clock(absl::FromUnixSeconds(1));
  DeliveryThrottle throttle({.per_second = 10}, clock);
  int sent = 0;
  absl::Duration last;
  while (throttle.Room(Lane::kBulk, 100) > 0) {
    const absl::Duration wait = throttle.Plan(MailTo(absl::StrCat(sent), "ann@x.example"));
    REQUIRE(wait >= last);
    last = wait;
    REQUIRE(++sent < 100);
  }
  CHECK(sent >= 20);
  CHECK(sent <= 22);
  CHECK(last <= DeliveryThrottle::kReach);
  const absl::Duration rest = throttle.UntilRoom(Lane::kBulk);
  CHECK(rest > absl::ZeroDuration());
  clock.Advance(rest);
  CHECK(throttle.Room(Lane::kBulk, 100) >= 9);
  CHECK(throttle.Room(Lane::kBulk, 100) <= 12);
}

TEST_CASE("A domain's rate holds up its own mail only, whatever case it is written in",
          "[throttle]") {
  testing::FakeClock clock(absl::FromUnixSeconds(1));
  DeliveryThrottle throttle({.per_domain_per_second = 2}, clock);
  absl::Duration last;
  for (int i = 0; i < 100; ++i) {
    last = throttle.Plan(
        MailTo(absl::StrCat(i), i % 2 > 0 ? "ann@slow.example" : "bob@SLOW.example"));
  }
  CHECK(last > absl::Seconds(49));
  CHECK(last < absl::Seconds(50));
  CHECK(throttle.Plan(MailTo("other", "ann@fast.example")) == absl::ZeroDuration());
}

TEST_CASE("A mail that is put off keeps its turn", "[throttle]") {
  testing::FakeClock clock(absl::FromUnixSeconds(1));
  DeliveryThrottle throttle({.per_domain_per_second = 1}, clock);
  absl::Duration wait;
  for (int i = 0; i <= 30; ++i) {
    wait = throttle.Plan(MailTo(absl::StrCat(i), "ann@slow.example"));
  }
  // It comes back too early first, then a little late.
  clock.Advance(absl::Seconds(10));
  CHECK(throttle.Plan(MailTo("30", "ann@slow.example")) == wait - absl::Seconds(10));
  clock.Advance(wait - absl::Seconds(9));
  CHECK(throttle.Plan(MailTo("30", "ann@slow.example")) == absl::ZeroDuration());
}

TEST_CASE("What somebody waits for does not wait for bulk, which makes way for it", "[throttle]") {
  testing::FakeClock clock(absl::FromUnixSeconds(1));
  DeliveryThrottle throttle({.per_domain_per_second = 1}, clock);
  absl::Duration last;
  for (int i = 0; i <= 30; ++i) {
    last = throttle.Plan(MailTo(absl::StrCat(i), "ann@slow.example"));
  }
  CHECK(throttle.Plan(MailTo("single", "bob@slow.example", Lane::kAwaited)) ==
        absl::ZeroDuration());
  // The next bulk mail gives up its turn, and goes after all others.
  clock.Advance(absl::Seconds(5));
  CHECK(throttle.Plan(MailTo("5", "ann@slow.example")) > last - absl::Seconds(5));
  CHECK(throttle.Plan(MailTo("6", "ann@slow.example")) <= absl::Seconds(1));
}

}  // namespace
}  // namespace portico::invitation
