#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "services/invitation/delivery_queue.h"

namespace portico::invitation {

// Claimed mails on their way from the dispatcher to the workers: those that somebody waits for go
// first. Of the mails to one address a single one is with a worker, until what came of it is
// recorded: where it is not taken, the others are claimed afresh, as the address may be suppressed.
// Thread-safe.
class DeliveryChannel {
 public:
  // `clock` is one that nobody sets.
  DeliveryChannel(LaneRoom size, const Clock& clock) : size_(size), clock_(clock) {}

  // Calls `listener` when there is room for a batch, or something was given back; none when null.
  // On return no call of the listener before is under way.
  void Listen(std::function<void()> listener) ABSL_LOCKS_EXCLUDED(mutex_);

  LaneRoom Room() const ABSL_LOCKS_EXCLUDED(mutex_);
  // How many mails of each lane wait for a worker.
  LaneRoom Depth() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether no mail is in it, or with a worker.
  bool IsIdle() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The mail goes out no sooner than then.
  void Put(ClaimedMail claimed, absl::Time not_before) ABSL_LOCKS_EXCLUDED(mutex_);

  // The next mail that may go out, or none within `wait`. It must be given back or finished.
  std::optional<ClaimedMail> Take(absl::Duration wait) ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack(ClaimedMail claimed) ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(const ClaimedMail& claimed, bool accepted) ABSL_LOCKS_EXCLUDED(mutex_);

  // Gives back all that no worker has.
  void Empty() ABSL_LOCKS_EXCLUDED(mutex_);
  // What was given back.
  std::vector<ClaimedMail> TakeReturned() ABSL_LOCKS_EXCLUDED(mutex_);

  // From now on Take answers none, at once.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsClosed() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Waiting {
    ClaimedMail claimed;
    absl::Time not_before;
    std::string address_key;
  };

  std::optional<ClaimedMail> TakeNow(absl::Time now, absl::Time& next)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Free(const ClaimedMail& claimed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LaneRoom size_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::function<void()> listener_ ABSL_GUARDED_BY(mutex_);
  std::array<std::deque<Waiting>, 2> lanes_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> busy_ ABSL_GUARDED_BY(mutex_);  // Whose mails workers have.
  bool passed_by_ ABSL_GUARDED_BY(mutex_) = false;  // Whether one was, as its address is busy.
  std::vector<ClaimedMail> returned_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace portico::invitation
