#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "libs/base/clock.h"

namespace portico::invitation {

// Stops all workers when the fault is the mail server's rather than a message's,
// so that an outage costs one message an attempt, not all of them. Pauses grow
// while it lasts; after each, one worker tries one message. Thread-safe.
class SendingBrake {
 public:
  explicit SendingBrake(const Clock& clock) : clock_(clock) {}

  // Whether a message may be sent now; after a pause a single one, to try whether the outage is
  // over. After true it must Report.
  bool MayTry() ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether no message may be sent now, one already claimed included.
  bool IsPaused() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether no more than one may.
  bool IsOn() const ABSL_LOCKS_EXCLUDED(mutex_);

  // How long to rest while it is paused.
  absl::Duration Rest() const ABSL_LOCKS_EXCLUDED(mutex_);

  enum class Finding {
    kNothing,  // Nothing was sent.
    kWorks,    // The server deals with messages one by one.
    kRefuses,  // It refused for a reason that is not the recipient; a pause once that repeats.
    kDown,     // It cannot be reached, or gave up the conversation.
  };
  void Report(Finding finding) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  int faults_ ABSL_GUARDED_BY(mutex_) = 0;    // Pauses without success between them.
  int refusals_ ABSL_GUARDED_BY(mutex_) = 0;  // In a row.
  bool trying_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time paused_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace portico::invitation
