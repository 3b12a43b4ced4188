#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

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
  std::string data;
};

// The log of a service's changes, in its own database. Thread-safe.
class EventLog {
 public:
  // `source` is the service's name.
  EventLog(storage::Database& database, std::string source, const Clock& clock);

  const std::string& source() const { return source_; }

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

  // Up to `limit` events after a position, or fewer that are about 1 MiB, and the
  // position read up to; only those of `types`, or all when it is empty.
  absl::StatusOr<portico::events::v1::WatchEventsResponse> ReadAfter(
      int64_t position, const std::vector<std::string>& types, int limit);

  // The position of the last event; 0 when there is none.
  absl::StatusOr<int64_t> LastPosition();

  // Calls `wake` after each commit that appended, until Unwatch returns.
  int64_t Watch(std::function<void()> wake) ABSL_LOCKS_EXCLUDED(mutex_);
  void Unwatch(int64_t watcher) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void WakeWatchers() ABSL_LOCKS_EXCLUDED(mutex_);

  storage::Database& database_;
  const std::string source_;
  const Clock& clock_;
  absl::Mutex mutex_;
  int64_t last_watcher_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, std::function<void()>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::events
