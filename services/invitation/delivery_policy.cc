#include "services/invitation/delivery_policy.h"

#include <algorithm>

namespace portico::invitation {

using namespace portico::invitation::v1;  // The states' names.

absl::Duration RetryDelay(int attempts, double fraction) {
  constexpr double kSpread = 0.2;
  absl::Duration delay = absl::Seconds(5);
  if (attempts == 2) delay = absl::Seconds(30);
  if (attempts > 2) delay = std::min(absl::Minutes(1 << std::min(attempts - 3, 6)), absl::Hours(1));
  return delay * (1 - kSpread + 2 * kSpread * fraction);
}

Verdict JudgeDelivery(mail::Outcome result, int attempts, absl::Time now, absl::Time give_up,
                      double fraction) {
  switch (result) {
    case mail::Outcome::kAccepted:
      return {.outcome = DELIVERY_OUTCOME_ACCEPTED, .state = MESSAGE_STATE_SENT};
    case mail::Outcome::kRefusedRecipient:
      return {.outcome = DELIVERY_OUTCOME_BOUNCED, .state = MESSAGE_STATE_BOUNCED};
    case mail::Outcome::kRefused: break;
    case mail::Outcome::kRefusedForNow:
      const absl::Time due = now + RetryDelay(attempts, fraction);
      if (due > give_up) break;
      return {.outcome = DELIVERY_OUTCOME_DEFERRED, .state = MESSAGE_STATE_WAITING, .due = due};
  }
  return {.outcome = DELIVERY_OUTCOME_FAILED, .state = MESSAGE_STATE_FAILED};
}

}  // namespace portico::invitation
