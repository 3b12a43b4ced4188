#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "libs/auth/sealer.h"
#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "services/invitation/facts.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Queues what other services have to tell one person. Thread-safe.
class Notices {
 public:
  Notices(storage::Database& database, const Stores& stores, const auth::Sealer& sealer,
          FactSource& facts, const Clock& clock)
      : database_(database),
        stores_(stores),
        sealer_(sealer),
        facts_(facts),
        clock_(clock),
        requests_(clock) {}

  // Answers the message's id. Errors as of EnqueueMessage, and the database's.
  absl::StatusOr<std::string> Enqueue(
      const portico::invitation::v1::EnqueueMessageRequest& request);

 private:
  storage::Database& database_;
  const Stores& stores_;
  const auth::Sealer& sealer_;
  FactSource& facts_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

// A notice's secret values as they are sealed in its message, and taken out again: those of text
// that is none are none.
std::string SecretsText(const PlaceholderValues& secrets);
PlaceholderValues SecretsIn(const std::string& text);

}  // namespace portico::invitation
