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

// How long a message rests that was refused for now, after so many attempts: 5 s,
// 30 s, then 1 minute, doubling up to 1 hour. Each is up to a fifth more or less by
// `fraction` in [0, 1), so that messages do not come back all at once.
absl::Duration RetryDelay(int attempts, double fraction);
// From so many attempts on, the delay is the longest.
inline constexpr int kAttemptsToLongestDelay = 9;

// The same after a fault of the server, for a message that has waited so long already: a
// tenth of that, between 5 s and 1 minute. SendingBrake spares the server the tries, so
// what tried in vain goes out soon after the outage, in proportion to how long it was.
absl::Duration OutageDelay(absl::Duration waited, double fraction);

// What the result of an attempt means for its message.
struct Verdict {
  DeliveryOutcome outcome;
  MessageState state;
  std::optional<absl::Time> due;  // Of the next attempt, where there is one.
};

// `attempts` counts this one too. No next attempt is later than `give_up_after` from
// `created`: the message is FAILED instead.
Verdict JudgeDelivery(const mail::DeliveryResult& result, int attempts, absl::Time created,
                      absl::Time now, absl::Duration give_up_after, double fraction);

}  // namespace portico::invitation
