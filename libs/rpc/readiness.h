#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>

#include "libs/base/background_loop.h"

namespace portico::rpc {

// Asks every second whether this process can serve, and tells whenever that changes; at first it
// is taken for granted. No answer is a no: a database whose machine is cut off says nothing.
class Readiness {
 public:
  // `tell` is called by one thread at a time. `patience` is how long an answer may take.
  Readiness(std::function<absl::Status()> ask, std::function<void(bool)> tell,
            absl::Duration patience);

 private:
  absl::Duration Ask() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Duration Judge() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::function<absl::Status()> ask_;
  const std::function<void(bool)> tell_;
  const absl::Duration patience_;
  bool told_ = true;
  absl::Mutex mutex_;
  bool is_ready_ ABSL_GUARDED_BY(mutex_) = true;
  absl::Time asked_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // While no answer is there.
  BackgroundLoop judging_;
  BackgroundLoop asking_;  // Last: it wakes the other.
};

}  // namespace portico::rpc
