#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/background_loop.h"
#include "libs/base/clock.h"
#include "libs/events/applier.h"
#include "libs/events/event_handler.h"
#include "libs/events/follower.h"
#include "libs/rpc/peer.h"
#include "libs/storage/database.h"
#include "libs/storage/work_share.h"

namespace portico::events {

class Broker;

// Follows the event log of another service: its own stream, or where there is a broker that, part
// by part. Every event takes effect exactly once, however often it arrives. The processes on one
// database share the work, and when one ends the others soon take over.
class Subscription {
 public:
  // `consumer` tells apart the consumers in one database; `source` is the publisher's name, and
  // `peer` where it serves. `broker` is null where there is none.
  Subscription(std::string consumer, std::string source, storage::Database& database,
               rpc::Peer& peer, EventHandler& handler, const Clock& clock,
               Broker* broker = nullptr);
  ~Subscription();  // Stops.

  const std::string& consumer() const { return consumer_; }
  const std::string& source() const { return source_; }

  // Follows the log from the stored position, on threads of its own.
  void Start();
  void Stop();

  // Applies one batch as it came from the whole log.
  absl::Status Apply(const portico::events::v1::WatchEventsResponse& batch);

  // Tries what was set aside again, and answers how long to rest: the step of a BackgroundLoop.
  absl::Duration RetrySetAside();

  // Up to where all is applied, and how many events are set aside; for metrics and tests.
  absl::StatusOr<int64_t> Position() const;
  absl::StatusOr<int64_t> CountSetAside() const;

 private:
  // What one thread follows.
  struct Lane {
    Applier applier;
    std::unique_ptr<Follower> follower;
  };

  std::unique_ptr<rpc::StreamReader> Open(std::optional<int> part, int64_t position,
                                          const std::string& snapshot_token) const;
  absl::Duration Share();

  const std::string consumer_;
  const std::string source_;
  rpc::Peer& peer_;
  EventHandler& handler_;
  Broker* const broker_;
  Applier whole_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  storage::WorkShare share_;
  std::unique_ptr<BackgroundLoop> sharing_;
  std::unique_ptr<BackgroundLoop> retrying_;
};

}  // namespace portico::events
