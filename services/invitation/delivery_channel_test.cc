#include "services/invitation/delivery_channel.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/testing/fake_clock.h"

namespace portico::invitation {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);
constexpr absl::Duration kNoWait = absl::ZeroDuration();

ClaimedMail Mail(const std::string& id, const std::string& address, Lane lane = Lane::kBulk) {
  ClaimedMail claimed{.mail = {.lane = lane}, .lease_until = kNow + absl::Minutes(3)};
  claimed.mail.message.set_id(id);
  claimed.mail.message.set_recipient(address);
  return claimed;
}

std::string TakeId(DeliveryChannel& channel) {
  const auto taken = channel.Take(kNoWait);
  return taken.has_value() ? taken->mail.message.id() : "";
}

TEST_CASE("What somebody waits for is taken before bulk, and has room beside it", "[channel]") {
  testing::FakeClock clock(kNow);
  DeliveryChannel channel({.awaited = 2, .bulk = 2}, clock);
  channel.Put(Mail("1", "a@x.example"), kNow);
  channel.Put(Mail("2", "b@x.example"), kNow);
  CHECK(channel.Room().bulk == 0);
  CHECK(channel.Room().awaited == 2);
  channel.Put(Mail("3", "c@x.example", Lane::kAwaited), kNow);
  CHECK(channel.Depth().awaited == 1);
  CHECK(TakeId(channel) == "3");
  CHECK(TakeId(channel) == "1");
  CHECK(channel.Room().bulk == 1);
}

TEST_CASE("Of the mails to one address the second waits until the first is recorded",
          "[channel]") {
  testing::FakeClock clock(kNow);
  DeliveryChannel channel({.awaited = 8, .bulk = 8}, clock);
  channel.Put(Mail("1", "ann@x.example"), kNow);
  channel.Put(Mail("2", "Ann@X.example"), kNow);
  channel.Put(Mail("3", "bob@x.example"), kNow);
  const auto first = channel.Take(kNoWait);
  REQUIRE(first.has_value());
  CHECK(TakeId(channel) == "3");
  CHECK(TakeId(channel).empty());
  SECTION("it was taken") {
    channel.Finish(*first, /*accepted=*/true);
    CHECK(TakeId(channel) == "2");
  }
  SECTION("it was given back") {
    channel.GiveBack(*first);
    CHECK(TakeId(channel) == "2");
    CHECK(channel.TakeReturned().size() == 1);
  }
  SECTION("it was refused, so that the second may be suppressed") {
    channel.Finish(*first, /*accepted=*/false);
    CHECK(TakeId(channel).empty());
    const auto returned = channel.TakeReturned();
    REQUIRE(returned.size() == 1);
    CHECK(returned[0].mail.message.id() == "2");
  }
}

TEST_CASE("A mail that was claimed again while it was sent is not sent again", "[channel]") {
  testing::FakeClock clock(kNow);
  DeliveryChannel channel({.awaited = 8, .bulk = 8}, clock);
  channel.Put(Mail("1", "ann@x.example"), kNow);
  const auto first = channel.Take(kNoWait);
  REQUIRE(first.has_value());
  channel.Put(Mail("1", "ann@x.example"), kNow);
  channel.Put(Mail("2", "ann@x.example"), kNow);
  channel.Finish(*first, /*accepted=*/true);
  CHECK(TakeId(channel) == "2");
  CHECK(channel.TakeReturned().empty());
}

TEST_CASE("A mail waits in the channel for its turn, and holds up no other", "[channel]") {
  testing::FakeClock clock(kNow);
  DeliveryChannel channel({.awaited = 8, .bulk = 8}, clock);
  channel.Put(Mail("1", "a@slow.example"), kNow + absl::Seconds(1));
  channel.Put(Mail("2", "b@fast.example"), kNow);
  CHECK(TakeId(channel) == "2");
  CHECK(TakeId(channel).empty());
  clock.Advance(absl::Seconds(1));
  CHECK(TakeId(channel) == "1");
}

TEST_CASE("A channel that is emptied gives back what no worker has", "[channel]") {
  testing::FakeClock clock(kNow);
  DeliveryChannel channel({.awaited = 8, .bulk = 8}, clock);
  channel.Put(Mail("1", "a@x.example"), kNow);
  channel.Put(Mail("2", "b@x.example"), kNow);
  channel.Put(Mail("3", "c@x.example", Lane::kAwaited), kNow);
  const auto begun = channel.Take(kNoWait);
  channel.Empty();
  CHECK(channel.TakeReturned().size() == 2);
  CHECK(channel.TakeReturned().empty());
  CHECK_FALSE(channel.IsIdle());
  channel.Finish(*begun, /*accepted=*/true);
  CHECK(channel.IsIdle());
}

TEST_CASE("The dispatcher is told when a batch of room is free, and nobody is given mail after the "
          "end",
          "[channel]") {
  testing::FakeClock clock(kNow);
  DeliveryChannel channel({.awaited = 4, .bulk = 4}, clock);
  int told = 0;
  channel.Listen([&] { ++told; });
  for (const char* id : {"1", "2", "3", "4"}) {
    channel.Put(Mail(id, std::string(id) + "@x.example"), kNow);
  }
  TakeId(channel);
  CHECK(told == 0);
  TakeId(channel);
  CHECK(told == 1);
  channel.Close();
  CHECK(TakeId(channel).empty());
  CHECK(channel.Depth().bulk == 2);
}

}  // namespace
}  // namespace portico::invitation
