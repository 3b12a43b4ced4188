#include "libs/events/follower.h"

#include <absl/strings/str_cat.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/stream.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {
namespace {

constexpr absl::Duration kFirstRest = absl::Milliseconds(50);
constexpr absl::Duration kLongestRest = absl::Seconds(1);
constexpr absl::Duration kTellRest = absl::Minutes(1);

}  // namespace

Follower::Follower(std::string source, Applier& applier, Open open)
    : source_(std::move(source)),
      applier_(applier),
      open_(std::move(open)),
      thread_([this] { Run(); }) {}

Follower::~Follower() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (reader_ != nullptr) reader_->Cancel();
  }
  thread_.join();
}

void Follower::SetTurn(bool ours) {
  absl::MutexLock lock(&mutex_);
  our_turn_ = ours;
  if (!ours && reader_ != nullptr) reader_->Cancel();
}

void Follower::Run() {
  pthread_setname_np(pthread_self(), absl::StrCat("sub-", source_).substr(0, 15).c_str());
  absl::Duration rest = kFirstRest;
  while (AwaitTurn()) {
    const absl::Time begun = SteadyClock().Now();
    const absl::Status status = Follow();
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
      if (!our_turn_) continue;
    }
    // It worked for a while, so what broke it is new.
    if (SteadyClock().Now() - begun > kLongestRest) rest = kFirstRest;
    if (rpc::ReasonOf(status) != rpc::kOpenAgain) Tell(status);
    if (!Rest(rest * (0.5 + RandomFraction()))) return;
    rest = std::min(rest * 2, kLongestRest);
  }
}

bool Follower::AwaitTurn() {
  absl::MutexLock lock(&mutex_);
  const auto due = [this]()
                       ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return our_turn_ || stopping_; };
  mutex_.Await(absl::Condition(&due));
  return !stopping_;
}

// Reads one stream until it breaks.
absl::Status Follower::Follow() {
  ASSIGN_OR_RETURN(const int64_t position, applier_.Position());
  const std::unique_ptr<rpc::StreamReader> reader = open_(position, snapshot_token_);
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || !our_turn_) return absl::CancelledError("it is not our turn");
    reader_ = reader.get();
  }
  absl::Status applied;
  portico::events::v1::WatchEventsResponse batch;
  while (applied.ok() && reader->Read(batch)) {
    applied = applier_.Apply(batch);
    if (!applied.ok()) break;
    told_ = absl::InfinitePast();
    snapshot_token_ = batch.snapshot_token();
  }
  {
    absl::MutexLock lock(&mutex_);
    reader_ = nullptr;
  }
  if (!applied.ok()) return applied;
  return reader->Finish();
}

// Once when an outage begins, and then now and then.
void Follower::Tell(const absl::Status& status) {
  const absl::Time now = SteadyClock().Now();
  if (now - told_ < kTellRest) return;
  told_ = now;
  log::Warn("the event stream broke off and is opened again",
            {{"source", source_}, {"error", std::string(status.message())}});
}

bool Follower::Rest(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
  return !stopping_;
}

}  // namespace portico::events
