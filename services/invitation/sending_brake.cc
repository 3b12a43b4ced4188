#include "services/invitation/sending_brake.h"

#include <algorithm>

namespace portico::invitation {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
// A server that is down comes back by itself; one that refuses us waits for people,
// and each try costs a message.
constexpr absl::Duration kLongestWhenDown = absl::Seconds(5);
constexpr absl::Duration kLongestWhenRefused = absl::Minutes(5);
constexpr int kRefusalsThatRepeat = 3;
constexpr int kMostDoublings = 20;

}  // namespace

bool SendingBrake::MayTry() {
  absl::MutexLock lock(&mutex_);
  if (faults_ == 0) return true;
  if (trying_ || clock_.Now() < paused_until_) return false;
  trying_ = true;
  return true;
}

bool SendingBrake::IsOn() const {
  absl::MutexLock lock(&mutex_);
  return faults_ > 0;
}

bool SendingBrake::IsPaused() const {
  absl::MutexLock lock(&mutex_);
  return clock_.Now() < paused_until_;
}

absl::Duration SendingBrake::Rest() const {
  absl::MutexLock lock(&mutex_);
  return std::max(paused_until_ - clock_.Now(), kFirstPause);
}

void SendingBrake::Report(Finding finding) {
  absl::MutexLock lock(&mutex_);
  trying_ = false;
  if (finding == Finding::kNothing) return;
  if (finding == Finding::kWorks) {
    faults_ = refusals_ = 0;
    paused_until_ = absl::InfinitePast();
    return;
  }
  const bool down = finding == Finding::kDown;
  refusals_ = down ? 0 : refusals_ + 1;
  if (!down && refusals_ < kRefusalsThatRepeat) return;
  const absl::Time now = clock_.Now();
  // Messages that were on their way when the pause began add nothing to it.
  if (now < paused_until_) return;
  const absl::Duration pause = kFirstPause * (1 << std::min(faults_, kMostDoublings));
  paused_until_ = now + std::min(pause, down ? kLongestWhenDown : kLongestWhenRefused);
  ++faults_;
}

}  // namespace portico::invitation
