#include "services/invitation/delivery_policy.h"

#include <algorithm>

namespace portico::invitation {

using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr int kClosing = 421;  // RFC 5321, section 4.2.3.
constexpr double kSpread = 0.2;

absl::Duration Spread(absl::Duration delay, double fraction) {
  return delay * (1 - kSpread + 2 * kSpread * fraction);
}

}  // namespace

bool IsServerFault(const mail::DeliveryResult& result) {
  return result.outcome == mail::Outcome::kRefusedForNow &&
         (result.reply_code == 0 || result.reply_code == kClosing);
}

absl::Duration RetryDelay(int attempts, double fraction) {
  absl::Duration delay = absl::Seconds(5);
  if (attempts == 2) delay = absl::Seconds(30);
  if (attempts > 2) delay = absl::Minutes(1 << std::min(attempts - 3, 6));
  return Spread(std::min(delay, absl::Hours(1)), fraction);
}

absl::Duration OutageDelay(absl::Duration waited, double fraction) {
  return Spread(std::clamp(waited / 10, absl::Seconds(5), absl::Minutes(1)), fraction);
}

Verdict JudgeDelivery(const mail::DeliveryResult& result, int attempts, absl::Time created,
                      absl::Time now, absl::Duration give_up_after, double fraction) {
  switch (result.outcome) {
    case mail::Outcome::kAccepted:
      return {.outcome = DELIVERY_OUTCOME_ACCEPTED, .state = MESSAGE_STATE_SENT};
    case mail::Outcome::kRefusedRecipient:
      return {.outcome = DELIVERY_OUTCOME_BOUNCED, .state = MESSAGE_STATE_BOUNCED};
    case mail::Outcome::kRefused:
      break;
    case mail::Outcome::kRefusedForNow:
      const absl::Time due =
          now + (IsServerFault(result) ? OutageDelay(now - created, fraction)
                                       : RetryDelay(attempts, fraction));
      if (due > created + give_up_after) break;
      return {.outcome = DELIVERY_OUTCOME_DEFERRED, .state = MESSAGE_STATE_WAITING, .due = due};
  }
  return {.outcome = DELIVERY_OUTCOME_FAILED, .state = MESSAGE_STATE_FAILED};
}

}  // namespace portico::invitation
