#include "services/invitation/delivery_throttle.h"

#include <absl/strings/ascii.h>

#include <algorithm>

namespace portico::invitation {
namespace {

// What may go out early, so that a high rate does not wait for every single mail.
constexpr absl::Duration kTolerance = absl::Milliseconds(50);
// What is beyond gets no turn of its own: it asks again when these have had theirs.
constexpr size_t kMostTurns = 20'000;
constexpr absl::Duration kForgetRest = absl::Seconds(10);
// How late a mail may come for its turn: another process may have it.
constexpr absl::Duration kTurnKept = absl::Minutes(5);

absl::Duration IntervalOf(double per_second) {
  return per_second > 0 ? absl::Seconds(1) / per_second : absl::ZeroDuration();
}

size_t IndexOf(Lane lane) { return lane == Lane::kAwaited ? 0 : 1; }

std::string DomainOf(const std::string& address) {
  return absl::AsciiStrToLower(address.substr(address.rfind('@') + 1));
}

}  // namespace

DeliveryThrottle::DeliveryThrottle(const DeliveryLimits& limits, const Clock& clock)
    : clock_(clock),
      interval_(IntervalOf(limits.per_second)),
      domain_interval_(IntervalOf(limits.per_domain_per_second)) {}

int DeliveryThrottle::Room(Lane lane, int wanted) const {
  if (interval_ == absl::ZeroDuration()) return wanted;
  const absl::Time now = clock_.Now();
  const absl::Time next = std::max(pace_.next[IndexOf(lane)] - kTolerance, now);
  if (next > now + kReach) return 0;
  return static_cast<int>(
      std::min<int64_t>(wanted, (now + kReach - next) / interval_ + 1));
}

absl::Duration DeliveryThrottle::UntilRoom(Lane lane) const {
  // Half of the reach has passed by then, so that they are claimed in batches.
  return std::max(pace_.next[IndexOf(lane)] - clock_.Now() - kReach / 2, absl::Milliseconds(1));
}

absl::Duration DeliveryThrottle::Plan(const OutgoingMail& mail) {
  const absl::Time now = clock_.Now();
  absl::Time turn = now;
  if (domain_interval_ > absl::ZeroDuration()) turn = TurnAtDomain(mail, now);
  if (turn <= now + kReach && interval_ > absl::ZeroDuration()) {
    turn = std::max(turn, NextTurn(pace_, interval_, mail.lane, now));
  }
  return turn - now;
}

absl::Time DeliveryThrottle::TurnAtDomain(const OutgoingMail& mail, absl::Time now) {
  Forget(now);
  const std::string domain = DomainOf(mail.message.recipient());
  Pace& pace = domains_[domain];
  const std::string& id = mail.message.id();
  if (const auto kept = turns_.find(id); kept != turns_.end()) {
    const absl::Time time = kept->second;
    const bool is_taken = mail.lane != Lane::kAwaited && pace.owed > 0;
    if (!is_taken && time > now + kReach) return time;  // It came too early.
    turns_.erase(kept);
    if (!is_taken) return std::max(time, now);
    --pace.owed;
  }
  const Pace before = pace;
  const absl::Time turn = NextTurn(pace, domain_interval_, mail.lane, now);
  if (turn <= now + kReach) return turn;
  if (turns_.size() >= kMostTurns) {
    pace = before;
  } else {
    turns_[id] = turn;
  }
  return turn;
}

absl::Time DeliveryThrottle::NextTurn(Pace& pace, absl::Duration interval, Lane lane,
                                      absl::Time now) const {
  absl::Time& next = pace.next[IndexOf(lane)];
  const absl::Time turn = std::max(next - kTolerance, now);
  next = std::max(next, now) + interval;
  if (lane == Lane::kAwaited) {
    absl::Time& bulk = pace.next[IndexOf(Lane::kBulk)];
    if (bulk > now + kReach) {
      ++pace.owed;  // Bulk mails are put off to all turns until then: one of them goes last.
    } else {
      bulk = std::max(bulk, now) + interval;
    }
  }
  return turn;
}

void DeliveryThrottle::Forget(absl::Time now) {
  if (now < forgot_at_ + kForgetRest) return;
  forgot_at_ = now;
  std::erase_if(turns_, [&](const auto& turn) { return turn.second + kTurnKept < now; });
  std::erase_if(domains_, [&](const auto& domain) {
    return *std::ranges::max_element(domain.second.next) < now - kTolerance;
  });
}

}  // namespace portico::invitation
