#pragma once

#include <vector>

#include "libs/events/event_log.h"
#include "libs/events/subscription.h"
#include "libs/rpc/metrics.h"
#include "libs/storage/database.h"

namespace portico::events {

// Exports what ops watch of a service's data: the size of its group commits, the
// end of its own log and how far each of its subscriptions has come, so that the
// lag is the difference between two services' figures. All must outlive `metrics`'
// last scrape.
void ExportMetrics(rpc::Metrics& metrics, storage::Database& database, EventLog& log,
                   const std::vector<Subscription*>& subscriptions);

}  // namespace portico::events
