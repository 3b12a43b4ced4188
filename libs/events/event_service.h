#pragma once

#include "libs/events/event_log.h"
#include "libs/events/snapshot.h"
#include "libs/rpc/server.h"

namespace portico::events {

// Serves WatchEvents from a log.
class EventService {
 public:
  // `log` and what `snapshot` reads must outlive every stream, so the server is shut down first.
  explicit EventService(EventLog& log, Snapshot snapshot = {})
      : log_(log), snapshot_(std::move(snapshot)) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<std::unique_ptr<rpc::StreamSource>> WatchEvents(
      rpc::Call& call, const portico::events::v1::WatchEventsRequest& request);

  EventLog& log_;
  const Snapshot snapshot_;
};

}  // namespace portico::events
