#include "libs/events/metrics.h"

namespace portico::events {
namespace {

double ValueOr0(const absl::StatusOr<int64_t>& position) {
  return position.ok() ? static_cast<double>(*position) : 0;
}

}  // namespace

void ExportMetrics(rpc::Metrics& metrics, storage::Database& database, EventLog& log,
                   const Publication& publication,
                   const std::vector<Subscription*>& subscriptions) {
  metrics.Gauge("portico_storage_commits", "Durable commits since the start", {},
                [&database] { return static_cast<double>(database.stats().commits); });
  metrics.Gauge("portico_storage_works", "Writes that those commits held", {},
                [&database] { return static_cast<double>(database.stats().works); });
  metrics.Gauge("portico_storage_retries", "Writes that ran again since they met another", {},
                [&database] { return static_cast<double>(database.stats().retries); });
  metrics.Gauge("portico_storage_waiting", "Writes that wait for a commit", {},
                [&database] { return static_cast<double>(database.stats().waiting); });
  metrics.Gauge("portico_event_log_position", "The position of this service's last event",
                {{"source", log.source()}}, [&log] { return ValueOr0(log.LastPosition()); });
  if (const Relay* relay = publication.relay(); relay != nullptr) {
    metrics.Gauge("portico_event_relay_position",
                  "The position up to which NATS has this service's log; 0 where another replica "
                  "relays",
                  {{"source", log.source()}},
                  [relay] { return static_cast<double>(relay->position()); });
  }
  for (Subscription* subscription : subscriptions) {
    metrics.Gauge("portico_event_cursor", "The position up to which a log has been applied",
                  {{"source", subscription->source()}, {"consumer", subscription->consumer()}},
                  [subscription] { return ValueOr0(subscription->Position()); });
    metrics.Gauge("portico_events_set_aside", "Events that could not be applied yet",
                  {{"source", subscription->source()}, {"consumer", subscription->consumer()}},
                  [subscription] { return ValueOr0(subscription->CountSetAside()); });
  }
}

}  // namespace portico::events
