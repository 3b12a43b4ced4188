#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "libs/storage/connection.h"
#include "libs/storage/database.h"
#include "libs/storage/outage.h"

namespace portico::storage {

// All writes to a SQLite file: one thread runs the works of many callers, each
// in a savepoint, inside one durable commit, and answers every caller after it,
// also those it refuses, because what refused them may be a sibling's change.
// When a batch's transaction is lost, its works run again one by one.
class GroupCommit {
 public:
  using Work = absl::FunctionRef<absl::Status(Session&)>;

  GroupCommit(std::unique_ptr<Connection> connection, size_t max_waiting, absl::Duration wait);
  ~GroupCommit();  // Finishes the batch that runs and answers the rest UNAVAILABLE.
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // See Database::Write. Thread-safe.
  absl::Status Run(Work work) ABSL_LOCKS_EXCLUDED(mutex_);
  // See Database::WriteThen. `done` is called by the writer's thread.
  void Submit(std::function<absl::Status(Session&)> work, std::function<void(absl::Status)> done)
      ABSL_LOCKS_EXCLUDED(mutex_);
  WriteStats stats() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  bool Enqueue(const CallPtr& call) ABSL_LOCKS_EXCLUDED(mutex_);
  void Loop();
  CallPtr AwaitFirst() ABSL_LOCKS_EXCLUDED(mutex_);  // Null when it is time to stop.
  CallPtr TakeNext() ABSL_LOCKS_EXCLUDED(mutex_);    // Null when none waits.

  bool RunTogether(CallPtr first, std::vector<CallPtr>& batch);
  bool RunInBatch(Call& call, size_t& kept);
  void RunEachAlone(const std::vector<CallPtr>& batch);
  void RunWork(Call& call);
  void Answer(Call& call);

  absl::Status Begin();
  absl::Status Commit(size_t works);
  void Rollback();
  bool Execute(std::string_view sql) { return connection_->Execute(sql).ok(); }

  const std::unique_ptr<Connection> connection_;
  const size_t max_waiting_;
  const absl::Duration wait_;
  Outage outage_{"writes"};
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> works_ = 0;
  std::atomic<uint64_t> retries_ = 0;

  std::atomic<size_t> in_line_ = 0;
  std::deque<CallPtr> taken_;  // The front of the line, which only the writer sees.
  mutable absl::Mutex mutex_;
  std::deque<CallPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace portico::storage
