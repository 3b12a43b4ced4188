#include "services/invitation/delivery_policy.h"

#include <catch2/catch.hpp>
#include <limits>
#include <utility>

#include "libs/testing/fake_clock.h"
#include "services/invitation/sending_brake.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;
using Finding = SendingBrake::Finding;

const absl::Time kNow = absl::FromUnixSeconds(1'780'000'000);

TEST_CASE("Retries begin quickly and slow down to one an hour", "[delivery]") {
  const std::pair<int, absl::Duration> kDelays[] = {
      {1, absl::Seconds(5)},  {2, absl::Seconds(30)},
      {3, absl::Minutes(1)},  {4, absl::Minutes(2)},
      {8, absl::Minutes(32)}, {9, absl::Hours(1)},
      {50, absl::Hours(1)},   {std::numeric_limits<int>::max(), absl::Hours(1)}};
  for (const auto& [attempts, delay] : kDelays) {
    INFO(attempts);
    CHECK(RetryDelay(attempts, 0.5) == delay);
    CHECK(RetryDelay(attempts, 0) == delay * 0.8);
    CHECK(RetryDelay(attempts, 1) == delay * 1.2);
  }
}

TEST_CASE("After an outage what tried in vain rests a tenth of what it waited", "[delivery]") {
  CHECK(OutageDelay(absl::ZeroDuration(), 0.5) == absl::Seconds(5));
  CHECK(OutageDelay(absl::Minutes(2), 0.5) == absl::Seconds(12));
  CHECK(OutageDelay(absl::Minutes(2), 1) == absl::Seconds(12) * 1.2);
  CHECK(OutageDelay(absl::Hours(40), 0.5) == absl::Minutes(1));
  // A clock that was stepped back.
  CHECK(OutageDelay(-absl::Hours(1), 0.5) == absl::Seconds(5));
}

TEST_CASE("A lost connection and a closing server are the server's fault", "[delivery]") {
  const auto refused = [](int code) {
    return mail::DeliveryResult{.outcome = mail::Outcome::kRefusedForNow, .reply_code = code};
  };
  CHECK(IsServerFault(refused(0)));
  CHECK(IsServerFault(refused(421)));
  CHECK_FALSE(IsServerFault(refused(451)));
  CHECK_FALSE(IsServerFault({.outcome = mail::Outcome::kRefused}));
}

TEST_CASE("The verdict follows from the result, and from the time to give up", "[delivery]") {
  constexpr absl::Duration kGiveUpAfter = absl::Hours(1);
  const auto judge = [&](mail::Outcome outcome, absl::Time now, int reply_code = 451) {
    return JudgeDelivery({.outcome = outcome, .reply_code = reply_code}, 2, kNow, now,
                         kGiveUpAfter, 0.5);
  };
  CHECK(judge(mail::Outcome::kAccepted, kNow).state == MESSAGE_STATE_SENT);
  CHECK(judge(mail::Outcome::kRefusedRecipient, kNow).state == MESSAGE_STATE_BOUNCED);
  CHECK(judge(mail::Outcome::kRefused, kNow).state == MESSAGE_STATE_FAILED);
  const Verdict later = judge(mail::Outcome::kRefusedForNow, kNow);
  CHECK(later.state == MESSAGE_STATE_WAITING);
  CHECK(later.outcome == DELIVERY_OUTCOME_DEFERRED);
  CHECK(later.due == kNow + absl::Seconds(30));
  CHECK(judge(mail::Outcome::kRefusedForNow, kNow, 0).due == kNow + absl::Seconds(5));
  const Verdict last = judge(mail::Outcome::kRefusedForNow, kNow + kGiveUpAfter);
  CHECK(last.state == MESSAGE_STATE_FAILED);
  CHECK_FALSE(last.due.has_value());
}

TEST_CASE("An outage stops all workers, and one message at a time tries whether it is over",
          "[delivery]") {
  testing::FakeClock clock(kNow);
  SendingBrake brake(clock);
  CHECK(brake.MayTry());
  CHECK(brake.MayTry());
  CHECK_FALSE(brake.IsOn());
  brake.Report(Finding::kDown);
  brake.Report(Finding::kDown);  // Another worker's mail that was on its way.
  CHECK(brake.IsPaused());
  CHECK_FALSE(brake.MayTry());
  CHECK(brake.Rest() == absl::Seconds(1));

  clock.Advance(absl::Seconds(1));
  CHECK(brake.MayTry());
  CHECK_FALSE(brake.MayTry());
  CHECK(brake.Rest() > absl::ZeroDuration());
  brake.Report(Finding::kDown);
  CHECK(brake.Rest() == absl::Seconds(2));

  clock.Advance(absl::Seconds(2));
  CHECK(brake.MayTry());
  brake.Report(Finding::kNothing);  // There was no mail to try with.
  CHECK(brake.MayTry());
  CHECK(brake.IsOn());
  brake.Report(Finding::kWorks);
  CHECK(brake.MayTry());
  CHECK(brake.MayTry());
  CHECK_FALSE(brake.IsOn());
}

TEST_CASE("The pauses of an outage grow to 5 seconds, those of a refusal to 5 minutes",
          "[delivery]") {
  testing::FakeClock clock(kNow);
  const Finding finding = GENERATE(Finding::kDown, Finding::kRefuses);
  SendingBrake brake(clock);
  for (int i = 0; i < 20; ++i) {
    brake.Report(finding);
    clock.Advance(brake.IsPaused() ? brake.Rest() : absl::ZeroDuration());
  }
  brake.Report(finding);
  CHECK(brake.Rest() == (finding == Finding::kDown ? absl::Seconds(5) : absl::Minutes(5)));
}

TEST_CASE("A single refusal that is not the recipient's stops nobody", "[delivery]") {
  testing::FakeClock clock(kNow);
  SendingBrake brake(clock);
  for (int i = 0; i < 5; ++i) {
    brake.Report(Finding::kRefuses);
    brake.Report(Finding::kRefuses);
    CHECK_FALSE(brake.IsPaused());
    brake.Report(Finding::kWorks);
  }
  brake.Report(Finding::kRefuses);
  brake.Report(Finding::kRefuses);
  brake.Report(Finding::kRefuses);
  CHECK(brake.IsPaused());
}

}  // namespace
}  // namespace portico::invitation
