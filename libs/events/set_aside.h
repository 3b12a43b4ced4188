#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <set>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/session.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {

// The events that one consumer could not apply. Those of the same partition that
// come behind one are kept here too, so that a partition stays in order while
// the others go on. Every call runs in its caller's transaction.
class SetAside {
 public:
  SetAside(std::string consumer, const Clock& clock)
      : consumer_(std::move(consumer)), clock_(clock) {}

  absl::Status Insert(storage::Session& session, const portico::events::v1::Event& event,
                      const absl::Status& error) const;

  // The partitions that have events here.
  absl::StatusOr<absl::flat_hash_set<std::string>> Partitions(storage::Session& session) const;

  // The first event of each partition, in the order of their positions: up to `limit` of those
  // after a position.
  absl::StatusOr<std::vector<portico::events::v1::Event>> ListFirst(storage::Session& session,
                                                                    int64_t after, int limit) const;
  absl::StatusOr<int64_t> Count(storage::Session& session) const;

  // Whether it was still there.
  absl::StatusOr<bool> Remove(storage::Session& session,
                              const portico::events::v1::Event& event) const;

  // Takes what is personal out of the events, of all consumers, that name one of these ids, as
  // their subjects or otherwise; they are applied without it. Their errors may quote it and go too.
  static absl::Status Erase(storage::Session& session, const std::set<std::string>& ids);

 private:
  const std::string consumer_;
  const Clock& clock_;
};

}  // namespace portico::events
