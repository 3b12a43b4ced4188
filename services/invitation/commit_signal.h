#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <utility>

namespace portico::invitation {

// Wakes whoever waits for a change, so that none waits for a timer. Thread-safe; it must outlive
// the database, whose commits raise it.
class CommitSignal {
 public:
  // Calls `listener` for each Raise from now on; none when null. On return no
  // call of the listener before is under way.
  void Listen(std::function<void()> listener) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    listener_ = std::move(listener);
  }

  void Raise() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (listener_) listener_();
  }

 private:
  absl::Mutex mutex_;
  std::function<void()> listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::invitation
