#include "libs/storage/group_commit.h"

#include <absl/synchronization/notification.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "libs/log/trace.h"
#include "libs/storage/sqlite_connection.h"

namespace portico::storage {
namespace {

using Steady = std::chrono::steady_clock;

// A batch is closed at either bound: the first caller in it waits for the last.
constexpr size_t kMaxBatch = 256;
constexpr Steady::duration kMaxBatchTime = std::chrono::milliseconds(10);
constexpr Steady::duration kSlowWork = std::chrono::milliseconds(250);

absl::Status TooBusy() { return absl::UnavailableError("the database is too busy to write"); }

absl::Status TooMany() {
  return absl::ResourceExhaustedError("too many writes wait for the database");
}

}  // namespace

// Shared, as a caller whose wait is over leaves its call in the line.
struct GroupCommit::Call {
  explicit Call(Work to_do) : work(to_do) {}
  Call(std::function<absl::Status(Session&)> to_do, std::function<void(absl::Status)> then,
       Steady::time_point until)
      : own_work(std::move(to_do)), done(std::move(then)), latest(until), work(own_work) {}

  // Only of a call that nobody waits for.
  const std::function<absl::Status(Session&)> own_work;
  const std::function<void(absl::Status)> done;
  const Steady::time_point latest;  // When it must have had its turn.

  const Work work;
  const log::Trace trace = log::CurrentTrace();  // The work runs on another thread.
  // Set by the writer that runs the call or by the caller that gives it up, whoever is first.
  std::atomic<bool> claimed = false;
  absl::Status status;
  std::vector<std::function<void()>> hooks;
  absl::Notification answered;
};

GroupCommit::GroupCommit(std::unique_ptr<Connection> connection, size_t max_waiting,
                         absl::Duration wait)
    : connection_(std::move(connection)),
      max_waiting_(max_waiting),
      wait_(wait),
      thread_([this] { Loop(); }) {}

GroupCommit::~GroupCommit() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

absl::Status GroupCommit::Run(Work work) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    return absl::InternalError("a Write inside a Write would wait for itself");
  }
  const auto call = std::make_shared<Call>(work);
  const absl::Duration wait = wait_;
  if (!Enqueue(call)) return TooMany();
  // From here on this may be destroyed, which answers the call.
  if (!call->answered.WaitForNotificationWithTimeout(wait)) {
    if (!call->claimed.exchange(true)) {
      return TooBusy();
    }
    call->answered.WaitForNotification();  // It runs now, and may yet be committed.
  }
  return call->status;
}

void GroupCommit::Submit(std::function<absl::Status(Session&)> work,
                         std::function<void(absl::Status)> done) {
  const auto call = std::make_shared<Call>(std::move(work), std::move(done),
                                           Steady::now() + absl::ToChronoNanoseconds(wait_));
  if (!Enqueue(call)) call->done(TooMany());
}

bool GroupCommit::Enqueue(const CallPtr& call) {
  absl::MutexLock lock(&mutex_);
  if (in_line_ >= max_waiting_) return false;
  ++in_line_;
  waiting_.push_back(call);
  return true;
}

WriteStats GroupCommit::stats() const {
  return {.commits = commits_, .works = works_, .retries = retries_, .waiting = in_line_};
}

void GroupCommit::Loop() {
  pthread_setname_np(pthread_self(), "db-writer");
  std::vector<CallPtr> batch;
  while (CallPtr first = AwaitFirst()) {
    if (!RunTogether(std::move(first), batch)) RunEachAlone(batch);
    for (const CallPtr& call : batch) Answer(*call);
    // At once: a call may hold its caller's request, and the next write may be hours away.
    batch.clear();
  }
  while (const CallPtr call = TakeNext()) {
    call->status = absl::UnavailableError("the database is being closed");
    Answer(*call);
  }
}

GroupCommit::CallPtr GroupCommit::AwaitFirst() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !waiting_.empty() || !taken_.empty();
      };
      mutex_.Await(absl::Condition(&due));
      if (stopping_) return nullptr;
    }
    if (CallPtr call = TakeNext()) return call;
  }
}

GroupCommit::CallPtr GroupCommit::TakeNext() {
  while (true) {
    if (taken_.empty()) {
      absl::MutexLock lock(&mutex_);
      taken_.swap(waiting_);
    }
    if (taken_.empty()) return nullptr;
    CallPtr call = std::move(taken_.front());
    taken_.pop_front();
    --in_line_;
    if (call->claimed.exchange(true)) continue;
    if (!call->done || Steady::now() < call->latest) return call;
    call->status = TooBusy();
    Answer(*call);
  }
}

// Runs `call` and those that wait behind it, and lists them in `batch`. Answers
// whether their statuses hold; else nothing of the batch was kept.
bool GroupCommit::RunTogether(CallPtr call, std::vector<CallPtr>& batch) {
  if (const absl::Status begun = Begin(); !begun.ok()) {
    // Whatever keeps this transaction from beginning keeps off all that wait.
    for (; call != nullptr; call = TakeNext()) {
      call->status = begun;
      batch.push_back(std::move(call));
    }
    return true;
  }
  const Steady::time_point closing = Steady::now() + kMaxBatchTime;
  size_t kept = 0;
  while (call != nullptr) {
    batch.push_back(call);
    if (!RunInBatch(*call, kept)) {
      Rollback();
      return false;
    }
    const bool open = batch.size() < kMaxBatch && Steady::now() < closing;
    call = open ? TakeNext() : nullptr;
  }
  return Commit(kept).ok();
}

// Answers whether the transaction still stands with all that it kept before.
bool GroupCommit::RunInBatch(Call& call, size_t& kept) {
  if (kept == 0) {
    // Needs no savepoint: there is nobody else's work yet to keep from a rollback.
    RunWork(call);
    if (!call.status.ok()) {
      Rollback();
      return Begin().ok();
    }
  } else {
    if (!Execute("savepoint work")) return false;
    RunWork(call);
    if (!InTransaction(*connection_)) return false;
    if (!call.status.ok() && !Execute("rollback to work")) return false;
    if (!Execute("release work")) return false;
  }
  if (call.status.ok()) ++kept;
  return InTransaction(*connection_);
}

void GroupCommit::RunEachAlone(const std::vector<CallPtr>& batch) {
  absl::Status begun;
  for (const CallPtr& call : batch) {
    // When a lock cannot be had, each of them would wait for it as long again.
    if (begun.ok()) begun = Begin();
    call->status = begun;
    if (!begun.ok()) continue;
    ++retries_;
    RunWork(*call);
    if (call->status.ok()) {
      call->status = Commit(1);
    } else {
      Rollback();
    }
  }
}

void GroupCommit::RunWork(Call& call) {
  const Steady::time_point start = Steady::now();
  const log::TraceScope trace(call.trace);
  Session session(*connection_);
  call.status = session.Run(call.work);
  call.hooks = session.TakeHooks();
  const Steady::duration took = Steady::now() - start;
  if (took > kSlowWork) {
    spdlog::warn("database: one write held up all others for {} ms",
                 std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  }
}

void GroupCommit::Answer(Call& call) {
  outage_.Note(call.status);
  if (call.status.ok()) {
    for (const auto& hook : call.hooks) hook();
  }
  if (call.done) {
    call.done(call.status);
  } else {
    call.answered.Notify();
  }
}

absl::Status GroupCommit::Begin() { return connection_->Execute("begin immediate").status(); }

absl::Status GroupCommit::Commit(size_t works) {
  if (works == 0) {
    Rollback();
    return absl::OkStatus();
  }
  if (absl::Status status = connection_->Execute("commit").status(); !status.ok()) {
    Rollback();
    return status;
  }
  ++commits_;
  works_ += works;
  return absl::OkStatus();
}

void GroupCommit::Rollback() {
  if (InTransaction(*connection_)) Execute("rollback");
}

}  // namespace portico::storage
