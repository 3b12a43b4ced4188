#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "libs/base/clock.h"
#include "libs/events/cursor.h"
#include "libs/events/event_handler.h"
#include "libs/events/set_aside.h"
#include "libs/storage/database.h"

namespace portico::events {

// Applies batches of one log, or of one part of it, each event exactly once: the cursor moves in
// the transaction of the effect. What cannot be applied is set aside. Not thread-safe; others,
// in other processes too, may apply the same log at the same time.
class Applier {
 public:
  Applier(std::string consumer, std::string source, std::optional<int> part,
          storage::Database& database, EventHandler& handler, const Clock& clock);

  // The position up to which all is applied that is followed here.
  absl::StatusOr<int64_t> Position() const;

  // Events that were applied before are passed over.
  absl::Status Apply(const portico::events::v1::WatchEventsResponse& batch);

  // Tries what was set aside again, of all parts, each partition up to its first failure, and
  // answers how long to rest.
  absl::Duration RetrySetAside();
  absl::StatusOr<int64_t> CountSetAside() const;

 private:
  absl::StatusOr<Place> ReadPlace() const;
  absl::Status ApplySnapshot(const portico::events::v1::WatchEventsResponse& batch);
  // All in one transaction; `waiting` are put aside, behind others of their partitions.
  absl::Status ApplyEvents(std::span<const Event> events, int64_t position,
                           std::span<const Event> waiting = {});
  absl::StatusOr<absl::flat_hash_set<std::string>> HeldPartitions() const;
  absl::Status ApplyOneByOne(std::span<const Event> events, int64_t position);
  absl::Status PutAside(const Event& event, const absl::Status& error);
  absl::Status RetryOne(const Event& event);
  // Has what is set aside erased, where the events say that something was.
  absl::Status RequestErasures(storage::Session& session, std::span<const Event> events) const;

  const std::string source_;
  storage::Database& database_;
  EventHandler& handler_;
  const Cursor cursor_;
  const SetAside set_aside_;
};

}  // namespace portico::events
