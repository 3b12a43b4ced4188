#pragma once

#include "libs/events/event_log.h"
#include "libs/rpc/server.h"

namespace portico::events {

// Serves WatchEvents from a log.
class EventService {
 public:
  // `log` must outlive every stream, so the server is shut down first.
  explicit EventService(EventLog& log) : log_(log) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<std::unique_ptr<rpc::StreamSource>> WatchEvents(
      rpc::Call& call, const portico::events::v1::WatchEventsRequest& request);

  EventLog& log_;
};

}  // namespace portico::events
