#include "libs/rpc/readiness.h"

#include <utility>

#include "libs/base/clock.h"

namespace portico::rpc {
namespace {

constexpr absl::Duration kAskRest = absl::Seconds(1);
constexpr absl::Duration kJudgeRest = absl::Milliseconds(250);

}  // namespace

Readiness::Readiness(std::function<absl::Status()> ask, std::function<void(bool)> tell,
                     absl::Duration patience)
    : ask_(std::move(ask)),
      tell_(std::move(tell)),
      patience_(patience),
      judging_("ready", [this] { return Judge(); }),
      asking_("ready", [this] { return Ask(); }) {}

absl::Duration Readiness::Ask() {
  {
    absl::MutexLock lock(&mutex_);
    asked_ = SteadyClock().Now();
  }
  const absl::Status status = ask_();
  {
    absl::MutexLock lock(&mutex_);
    asked_ = absl::InfiniteFuture();
    is_ready_ = status.ok();
  }
  judging_.Wake();
  return kAskRest;
}

absl::Duration Readiness::Judge() {
  bool ready = false;
  {
    absl::MutexLock lock(&mutex_);
    ready = is_ready_ && SteadyClock().Now() - asked_ < patience_;
  }
  if (ready != told_) tell_(ready);
  told_ = ready;
  return kJudgeRest;
}

}  // namespace portico::rpc
