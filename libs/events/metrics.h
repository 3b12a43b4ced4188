#pragma once

#include <vector>

#include "libs/events/event_log.h"
#include "libs/events/publication.h"
#include "libs/events/subscription.h"
#include "libs/rpc/metrics.h"
#include "libs/storage/database.h"

namespace portico::events {

// Exports what ops watch of a service's data: the size of its group commits, the
// end of its own log, how far that is relayed and how far each of its subscriptions
// has come, so that the lag is the difference between two figures. All must outlive
// `metrics`' last scrape.
void ExportMetrics(rpc::Metrics& metrics, storage::Database& database, EventLog& log,
                   const Publication& publication, const std::vector<Subscription*>& subscriptions);

}  // namespace portico::events
