#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "libs/log/trace.h"
#include "libs/storage/session.h"

namespace portico::storage {

// Threads that write for callers who do not wait. See Database::WriteThen.
class DeferredWrites {
 public:
  using Work = std::function<absl::Status(Session&)>;
  using Done = std::function<void(absl::Status)>;
  using Writer = std::function<absl::Status(absl::FunctionRef<absl::Status(Session&)>)>;

  DeferredWrites(size_t threads, size_t max_waiting, absl::Duration wait, Writer write);
  ~DeferredWrites();  // Finishes what runs and answers the rest UNAVAILABLE.
  DeferredWrites(const DeferredWrites&) = delete;
  DeferredWrites& operator=(const DeferredWrites&) = delete;

  void Submit(Work work, Done done) ABSL_LOCKS_EXCLUDED(mutex_);
  size_t waiting() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Call {
    Work work;
    Done done;
    log::Trace trace;  // The work runs on another thread.
    std::chrono::steady_clock::time_point latest;  // When it must have had its turn.
  };

  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t max_waiting_;
  const std::chrono::nanoseconds wait_;
  const Writer write_;
  mutable absl::Mutex mutex_;
  std::deque<Call> line_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace portico::storage
