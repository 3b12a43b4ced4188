#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/rpc/metrics.h"
#include "services/invitation/delivery_channel.h"
#include "services/invitation/delivery_results.h"
#include "services/invitation/refusal_log.h"

namespace portico::invitation {

// How long to rest when the database does not take what has to be told it first.
inline constexpr absl::Duration kDatabaseRest = absl::Seconds(1);

// Takes what came of the workers' attempts, and records in one transaction what has come together.
// While the database does not take results, or too slowly, no more mail may be sent. Thread-safe,
// but for RunOnce.
class DeliveryRecorder {
 public:
  DeliveryRecorder(DeliveryResults& results, DeliveryChannel& channel, rpc::Metrics& metrics,
                   size_t most_waiting)
      : results_(results), channel_(channel), metrics_(metrics), most_waiting_(most_waiting) {}

  // Calls `listener` when there is something to record; none when null.
  void Listen(std::function<void()> listener) ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether another mail may be sent; waits for that for so long.
  bool AwaitRoom(absl::Duration wait) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the database did not take a result at the last try.
  bool IsStuck() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the mail was sent but cannot be recorded, so that it must not be sent again.
  bool IsUnrecordable(const std::string& message_id) const ABSL_LOCKS_EXCLUDED(mutex_);

  // The worker is done with the mail. It is finished in the channel once it is recorded.
  void Push(TriedMail tried) ABSL_LOCKS_EXCLUDED(mutex_);

  // Records what there is, after it has waited for `linger` for more to come together, and answers
  // how long to rest. A result that the database refuses for itself holds up no other.
  absl::Duration RunOnce(absl::Duration linger);

 private:
  std::vector<TriedMail> TakeBatch(absl::Duration linger) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Record(std::vector<TriedMail>& batch);
  bool RecordOne(TriedMail& tried);
  void PutBack(std::span<TriedMail> rest) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetStuck(bool stuck) ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteRecorded() ABSL_LOCKS_EXCLUDED(mutex_);
  void Tell(std::span<const TriedMail> tried,
            const std::vector<std::optional<DeliveryOutcome>>& outcomes);

  DeliveryResults& results_;
  DeliveryChannel& channel_;
  rpc::Metrics& metrics_;
  const size_t most_waiting_;
  RefusalLog refusals_;

  mutable absl::Mutex mutex_;
  std::function<void()> listener_ ABSL_GUARDED_BY(mutex_);
  std::deque<TriedMail> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stuck_ ABSL_GUARDED_BY(mutex_) = false;
  // Whose results cannot be recorded, and how many of them came one after the other.
  absl::flat_hash_set<std::string> unrecordable_ ABSL_GUARDED_BY(mutex_);
  int unrecordable_in_a_row_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace portico::invitation
