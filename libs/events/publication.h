#pragma once

#include <memory>

#include "libs/base/background_loop.h"
#include "libs/events/broker.h"
#include "libs/events/event_log.h"
#include "libs/events/relay.h"
#include "libs/settings/groups.h"
#include "libs/storage/database.h"

namespace portico::events {

// The broker of the settings, or null where events are embedded.
// INVALID_ARGUMENT: the URL is none, or a file cannot be read.
absl::StatusOr<std::unique_ptr<Broker>> OpenBroker(const settings::EventsSettings& settings);

// What a service does with its own log in the background: relays it where there is a broker, and
// forgets what is old.
class Publication {
 public:
  Publication(EventLog& log, storage::Database& database, Broker* broker,
              const settings::EventsSettings& settings);

  void Start();

  // Null where there is no broker.
  const Relay* relay() const { return relay_.get(); }

 private:
  EventLog& log_;
  const absl::Duration retention_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<BackgroundLoop> forgetting_;
};

}  // namespace portico::events
