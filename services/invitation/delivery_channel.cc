#include "services/invitation/delivery_channel.h"

#include <algorithm>
#include <utility>

#include "libs/mail/address.h"

namespace portico::invitation {
namespace {

std::string AddressOf(const ClaimedMail& claimed) {
  return mail::AddressKey(claimed.mail.message.recipient());
}

int Left(int size, size_t used) { return std::max(size - static_cast<int>(used), 0); }

}  // namespace

void DeliveryChannel::Listen(std::function<void()> listener) {
  absl::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

void DeliveryChannel::Tell() {
  if (listener_) listener_();
}

LaneRoom DeliveryChannel::Room() const {
  absl::MutexLock lock(&mutex_);
  return {.awaited = Left(size_.awaited, lanes_[0].size()),
          .bulk = Left(size_.bulk, lanes_[1].size())};
}

LaneRoom DeliveryChannel::Depth() const {
  absl::MutexLock lock(&mutex_);
  return {.awaited = static_cast<int>(lanes_[0].size()),
          .bulk = static_cast<int>(lanes_[1].size())};
}

bool DeliveryChannel::IsIdle() const {
  absl::MutexLock lock(&mutex_);
  return lanes_[0].empty() && lanes_[1].empty() && busy_.empty();
}

void DeliveryChannel::Put(ClaimedMail claimed, absl::Time not_before) {
  Waiting waiting{.not_before = not_before, .address_key = AddressOf(claimed)};
  const size_t lane = claimed.mail.lane == Lane::kAwaited ? 0 : 1;
  waiting.claimed = std::move(claimed);
  absl::MutexLock lock(&mutex_);
  lanes_[lane].push_back(std::move(waiting));
  changed_.Signal();
}

std::optional<ClaimedMail> DeliveryChannel::Take(absl::Duration wait) {
  const absl::Time latest = clock_.Now() + wait;
  absl::MutexLock lock(&mutex_);
  while (!closed_) {
    const absl::Time now = clock_.Now();
    absl::Time next = latest;
    if (std::optional<ClaimedMail> taken = TakeNow(now, next)) return taken;
    if (now >= latest) break;
    changed_.WaitWithTimeout(&mutex_, next - now);
  }
  return std::nullopt;
}

std::optional<ClaimedMail> DeliveryChannel::TakeNow(absl::Time now, absl::Time& next) {
  for (std::deque<Waiting>& lane : lanes_) {
    for (auto waiting = lane.begin(); waiting != lane.end(); ++waiting) {
      if (waiting->not_before > now) {
        next = std::min(next, waiting->not_before);
        continue;
      }
      if (busy_.contains(waiting->address_key)) {
        passed_by_ = true;
        continue;
      }
      busy_.insert(std::move(waiting->address_key));
      std::optional<ClaimedMail> taken = std::move(waiting->claimed);
      lane.erase(waiting);
      const bool is_awaited = &lane == &lanes_[0];
      const size_t size = is_awaited ? size_.awaited : size_.bulk;
      if (lane.empty() || lane.size() == size / 2) Tell();
      return taken;
    }
  }
  return std::nullopt;
}

void DeliveryChannel::Free(const ClaimedMail& claimed) {
  busy_.erase(AddressOf(claimed));
  if (lanes_[0].empty() && lanes_[1].empty()) Tell();
  if (!passed_by_) return;
  passed_by_ = false;
  changed_.SignalAll();
}

void DeliveryChannel::GiveBack(ClaimedMail claimed) {
  absl::MutexLock lock(&mutex_);
  Free(claimed);
  returned_.push_back(std::move(claimed));
  Tell();
}

void DeliveryChannel::Finish(const ClaimedMail& claimed, bool accepted) {
  absl::MutexLock lock(&mutex_);
  Free(claimed);
  // A clock set forth ends a lease early, and the mail is claimed once more while it is sent.
  if (accepted) {
    for (std::deque<Waiting>& lane : lanes_) {
      const size_t again = std::erase_if(lane, [&](const Waiting& waiting) {
        return waiting.claimed.mail.message.id() == claimed.mail.message.id();
      });
      if (again > 0) Tell();
    }
    return;
  }
  const std::string address = AddressOf(claimed);
  for (std::deque<Waiting>& lane : lanes_) {
    for (auto waiting = lane.begin(); waiting != lane.end();) {
      if (waiting->address_key == address) {
        returned_.push_back(std::move(waiting->claimed));
        waiting = lane.erase(waiting);
      } else {
        ++waiting;
      }
    }
  }
  Tell();
}

void DeliveryChannel::Empty() {
  absl::MutexLock lock(&mutex_);
  for (std::deque<Waiting>& lane : lanes_) {
    for (Waiting& waiting : lane) returned_.push_back(std::move(waiting.claimed));
    lane.clear();
  }
}

std::vector<ClaimedMail> DeliveryChannel::TakeReturned() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(returned_, {});
}

bool DeliveryChannel::IsClosed() const {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

void DeliveryChannel::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  changed_.SignalAll();
}

}  // namespace portico::invitation
