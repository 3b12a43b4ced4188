#pragma once

#include <absl/time/time.h>

#include <optional>

#include "libs/mail/transport.h"
#include "portico/invitation/v1/delivery.pb.h"

namespace portico::invitation {

using portico::invitation::v1::DeliveryOutcome;
using portico::invitation::v1::MessageState;

// Whether a result tells of the mail server or the way to it rather than of the
// message: no reply, or that the server is closing (421).
bool IsServerFault(const mail::DeliveryResult& result);

// How long a message rests after so many attempts: 5 s and 30 s, so that a short
// outage heals fast, then 1 minute, doubling up to 1 hour; each up to a fifth
// more or less by `fraction` in [0, 1), so that messages do not come back all at
// once. After a fault of the server 1 minute is the longest: SendingBrake spares it
// the tries, and what was waiting goes out soon after it is back.
absl::Duration RetryDelay(int attempts, bool server_fault, double fraction);
// From so many attempts on, the delay is the longest.
inline constexpr int kAttemptsToLongestDelay = 9;

// What the result of an attempt means for its message.
struct Verdict {
  DeliveryOutcome outcome;
  MessageState state;
  std::optional<absl::Time> due;  // Of the next attempt, where there is one.
};

// `attempts` counts this one too. No next attempt is later than `give_up`: the
// message is FAILED instead.
Verdict JudgeDelivery(const mail::DeliveryResult& result, int attempts, absl::Time now,
                      absl::Time give_up, double fraction);

}  // namespace portico::invitation
