#pragma once

#include <absl/time/time.h>

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "libs/base/clock.h"
#include "services/invitation/outgoing_mail.h"

namespace portico::invitation {

// How many mails may go out a second; 0 for no limit.
struct DeliveryLimits {
  double per_second = 0;
  double per_domain_per_second = 0;  // To the addresses of one domain.
};

// Plans when mails may go out, so that they keep a rate (by the generic cell rate algorithm). Mails
// that somebody waits for are planned as if there were no bulk, and bulk makes way for them. For one
// thread.
class DeliveryThrottle {
 public:
  // What may go out so soon is worth waiting for.
  static constexpr absl::Duration kReach = absl::Seconds(2);

  // `clock` is one that nobody sets.
  DeliveryThrottle(const DeliveryLimits& limits, const Clock& clock);

  // For how many mails of the lane, `wanted` at most, the overall rate has room within reach; and
  // when it has room again where that is none.
  int Room(Lane lane, int wanted) const;
  absl::Duration UntilRoom(Lane lane) const;

  // In how long the mail may go out: now, within reach, or later than that. In the last case its
  // turn is kept for when it is asked for again, then.
  absl::Duration Plan(const OutgoingMail& mail);

 private:
  // One rate, and what of it is planned.
  struct Pace {
    std::array<absl::Time, 2> next = {absl::InfinitePast(), absl::InfinitePast()};  // By lane.
    int owed = 0;  // Turns of bulk mails that others took.
  };

  absl::Time NextTurn(Pace& pace, absl::Duration interval, Lane lane, absl::Time now) const;
  absl::Time TurnAtDomain(const OutgoingMail& mail, absl::Time now);
  void Forget(absl::Time now);

  const Clock& clock_;
  const absl::Duration interval_;         // Zero: no limit.
  const absl::Duration domain_interval_;  // The same.
  Pace pace_;
  std::map<std::string, Pace, std::less<>> domains_;
  std::map<std::string, absl::Time, std::less<>> turns_;  // Of messages that are put off.
  absl::Time forgot_at_ = absl::InfinitePast();
};

}  // namespace portico::invitation
