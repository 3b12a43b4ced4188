#include "services/invitation/dispatcher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/log/log.h"

namespace portico::invitation {
namespace {

// What one claim takes at most: SQLite's other writers wait for it.
constexpr int kMostAtOnce = 256;
// The channel wakes the dispatcher when it has room.
constexpr absl::Duration kLongestRest = absl::Seconds(30);
// While one mail is tried.
constexpr absl::Duration kTryRest = absl::Milliseconds(100);

}  // namespace

Dispatcher::Dispatcher(const Parts& parts, const DeliveryLimits& limits)
    : parts_(parts), throttle_(limits, parts.steady) {}

absl::Duration Dispatcher::RunOnce() {
  const bool is_cut_off = parts_.recorder.IsStuck() || !parts_.queue.IsPresent();
  if (is_cut_off || parts_.brake.IsPaused()) parts_.channel.Empty();
  if (!GiveBack() || is_cut_off) return kDatabaseRest;
  if (parts_.brake.IsPaused()) return parts_.brake.Rest();
  if (parts_.brake.IsOn()) return TryOne();

  const LaneRoom room = Room();
  feed_rest_ = absl::InfiniteDuration();
  const Catch claimed = Claim(room);
  const int unfilled = room.bulk - claimed.mails.bulk;
  const Catch fed = claimed.ok && unfilled > 0 ? Feed(unfilled) : Catch();
  // What is put off must not wait here for its time.
  if (!claimed.ok || !fed.ok || !GiveBack()) return kDatabaseRest;
  const bool some = claimed.mails.awaited + claimed.mails.bulk + fed.mails.bulk > 0;
  return some ? absl::ZeroDuration() : UntilMore(room);
}

// Whether the outage is over.
absl::Duration Dispatcher::TryOne() {
  if (!parts_.channel.IsIdle()) return kTryRest;
  for (const LaneRoom& one : {LaneRoom{.awaited = 1}, LaneRoom{.bulk = 1}}) {
    const Catch claimed = Claim(one);
    if (!claimed.ok || !GiveBack()) return kDatabaseRest;
    if (claimed.mails.awaited + claimed.mails.bulk > 0) return absl::ZeroDuration();
  }
  const Catch fed = Feed(1);
  if (!fed.ok || !GiveBack()) return kDatabaseRest;
  return fed.mails.bulk > 0 ? absl::ZeroDuration() : UntilMore({.awaited = 1, .bulk = 1});
}

LaneRoom Dispatcher::Room() const {
  const LaneRoom left = parts_.channel.Room();
  const LaneRoom used = parts_.channel.Depth();
  LaneRoom room{.awaited = std::min(left.awaited, kMostAtOnce)};
  // In batches that are worth a transaction.
  if (left.bulk >= used.bulk) room.bulk = std::min(left.bulk, kMostAtOnce);
  return {.awaited = throttle_.Room(Lane::kAwaited, room.awaited),
          .bulk = throttle_.Room(Lane::kBulk, room.bulk)};
}

Dispatcher::Catch Dispatcher::Claim(LaneRoom room) {
  Catch caught;
  if (room.awaited == 0 && room.bulk == 0) return caught;
  absl::StatusOr<std::vector<ClaimedMail>> claimed = parts_.queue.Claim(room);
  if (!claimed.ok()) {
    log::Warn("the mail queue cannot be read", {{"error", claimed.status().ToString()}});
    return {.ok = false};
  }
  Place(*std::move(claimed), caught);
  return caught;
}

Dispatcher::Catch Dispatcher::Feed(int limit) {
  Catch caught;
  absl::StatusOr<DeliveryQueue::FedMails> fed = parts_.queue.Feed(limit);
  if (!fed.ok()) {
    log::Warn("the mails of bulk sends cannot be made", {{"error", fed.status().ToString()}});
    return {.ok = false};
  }
  feed_rest_ = fed->rest;
  Place(std::move(fed->mails), caught);
  return caught;
}

void Dispatcher::Place(std::vector<ClaimedMail> mails, Catch& caught) {
  const absl::Time now = parts_.steady.Now();
  for (ClaimedMail& claimed : mails) {
    (claimed.mail.lane == Lane::kAwaited ? caught.mails.awaited : caught.mails.bulk) += 1;
    if (parts_.recorder.IsUnrecordable(claimed.mail.message.id())) continue;
    const absl::Duration wait = throttle_.Plan(claimed.mail);
    if (wait > DeliveryThrottle::kReach) {
      delayed_.push_back({.claimed = std::move(claimed), .due = parts_.clock.Now() + wait});
    } else {
      parts_.channel.Put(std::move(claimed), now + wait);
    }
  }
}

absl::Duration Dispatcher::UntilMore(LaneRoom room) {
  const absl::StatusOr<absl::Duration> rest = parts_.queue.UntilNext(room);
  if (!rest.ok()) return kDatabaseRest;
  absl::Duration least = std::min({*rest, feed_rest_, kLongestRest});
  for (const Lane lane : {Lane::kAwaited, Lane::kBulk}) {
    if (throttle_.Room(lane, 1) == 0) least = std::min(least, throttle_.UntilRoom(lane));
  }
  return least;
}

bool Dispatcher::GiveBack() {
  std::vector<ClaimedMail> returned = parts_.channel.TakeReturned();
  std::ranges::move(returned, std::back_inserter(untried_));
  absl::Status given = parts_.queue.Release(untried_);
  if (given.ok()) {
    untried_.clear();
    given = parts_.queue.PutOff(delayed_);
  }
  if (given.ok()) {
    delayed_.clear();
    return true;
  }
  log::Warn("mails stay claimed, as they cannot be given back yet",
            {{"count", untried_.size() + delayed_.size()}, {"error", given.ToString()}});
  return false;
}

void Dispatcher::GiveBackAll() {
  parts_.channel.Empty();
  GiveBack();
}

}  // namespace portico::invitation
