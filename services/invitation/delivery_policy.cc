#include "services/invitation/delivery_policy.h"

#include <algorithm>

namespace portico::invitation {

using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr int kClosing = 421;  // RFC 5321, section 4.2.3.
constexpr double kSpread = 0.2;

}  // namespace

bool IsServerFault(const mail::DeliveryResult& result) {
  return result.outcome == mail::Outcome::kRefusedForNow &&
         (result.reply_code == 0 || result.reply_code == kClosing);
}

absl::Duration RetryDelay(int attempts, bool server_fault, double fraction) {
  absl::Duration delay = absl::Seconds(5);
  if (attempts == 2) delay = absl::Seconds(30);
  if (attempts > 2) delay = absl::Minutes(1 << std::min(attempts - 3, 6));
  delay = std::min(delay, server_fault ? absl::Minutes(1) : absl::Hours(1));
  return delay * (1 - kSpread + 2 * kSpread * fraction);
}

Verdict JudgeDelivery(const mail::DeliveryResult& result, int attempts, absl::Time now,
                      absl::Time give_up, double fraction) {
  switch (result.outcome) {
    case mail::Outcome::kAccepted:
      return {.outcome = DELIVERY_OUTCOME_ACCEPTED, .state = MESSAGE_STATE_SENT};
    case mail::Outcome::kRefusedRecipient:
      return {.outcome = DELIVERY_OUTCOME_BOUNCED, .state = MESSAGE_STATE_BOUNCED};
    case mail::Outcome::kRefused:
      break;
    case mail::Outcome::kRefusedForNow:
      const absl::Time due = now + RetryDelay(attempts, IsServerFault(result), fraction);
      if (due > give_up) break;
      return {.outcome = DELIVERY_OUTCOME_DEFERRED, .state = MESSAGE_STATE_WAITING, .due = due};
  }
  return {.outcome = DELIVERY_OUTCOME_FAILED, .state = MESSAGE_STATE_FAILED};
}

}  // namespace portico::invitation
