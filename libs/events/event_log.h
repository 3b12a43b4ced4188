#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/background_loop.h"
#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {

// An event that has no position yet.
struct Draft {
  std::string id;
  std::string type;
  std::string subject;
  std::string partition;
  int64_t time_micros = 0;
  std::string trace_parent;
  std::string actor;
  std::string data;
};

// The log of a service's changes, in its own database. Events have dense positions, and none
// is given before one that is read already: SQLite's one writer gives them as it appends. On
// PostgreSQL, where transactions commit in any order, what is committed is given its positions
// afterwards, by one process at a time, in the order in which it was appended. An event is
// appended after the change that it tells of, so two changes of one row keep their order.
// Thread-safe.
class EventLog {
 public:
  // `source` is the service's name.
  EventLog(storage::Database& database, std::string source, const Clock& clock);
  ~EventLog();

  const std::string& source() const { return source_; }
  storage::Database& database() const { return database_; }

  // Appends an event in the transaction of the change it tells of. Its type is
  // the payload's full name. `subject` is the id of what changed; events of one
  // `partition` (an account's id) stay in order on every transport. Watchers
  // are woken once the transaction is committed.
  absl::Status Append(storage::Session& session, const google::protobuf::Message& payload,
                      std::string_view subject, std::string_view partition);
  // The same in two steps, for what can be made ready before the transaction.
  Draft Prepare(const google::protobuf::Message& payload, std::string_view subject,
                std::string_view partition) const;
  absl::Status Append(storage::Session& session, const Draft& draft);
  absl::Status AppendAll(storage::Session& session, const std::vector<Draft>& drafts);

  // Up to `limit` events after a position, or fewer that are about 1 MiB, and the
  // position read up to; only those of `types` and of `parts`, or all when these are empty.
  // OUT_OF_RANGE: the next one is no longer kept.
  absl::StatusOr<portico::events::v1::WatchEventsResponse> ReadAfter(
      int64_t position, const std::vector<std::string>& types, int limit,
      const std::vector<int>& parts = {});

  // The position of the last event; 0 when there is none.
  absl::StatusOr<int64_t> LastPosition();

  // The position of the last event that is no longer kept; 0 when all are.
  absl::StatusOr<int64_t> ForgottenPosition();

  // Deletes events older than `age`, but for the last one, and answers how long to rest: the
  // step of a BackgroundLoop.
  absl::Duration Forget(absl::Duration age);

  // Calls `wake` after each commit that appended, by whatever process, until Unwatch returns.
  int64_t Watch(std::function<void()> wake) ABSL_LOCKS_EXCLUDED(mutex_);
  void Unwatch(int64_t watcher) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void WakeAfterCommit(storage::Session& session);
  void WakeWatchers() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Place();
  absl::Duration PlaceSoon();

  storage::Database& database_;
  const std::string source_;
  const Clock& clock_;
  absl::Mutex mutex_;
  int64_t last_watcher_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, std::function<void()>> watchers_ ABSL_GUARDED_BY(mutex_);
  // Both only where events are given their positions afterwards.
  std::unique_ptr<BackgroundLoop> placing_;
  std::unique_ptr<storage::Listener> listener_;
};

}  // namespace portico::events
