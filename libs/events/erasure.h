#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <string_view>

#include "libs/storage/database.h"

namespace portico::events {

// Takes what is personal out of the events that tell of somebody whose data was erased: of this
// service's own log, and of what its consumers have set aside of others'. A log is long and rarely
// searched by subject, so this goes through it once, in the background, and keeps how far it has
// come: a restart goes on there.
class Erasure {
 public:
  explicit Erasure(storage::Database& database) : database_(database) {}

  // Has the events so far with that subject erased, once this transaction is committed, and of
  // those set aside all that name it.
  static absl::Status Request(storage::Session& session, std::string_view subject);

  // Goes a step further, and answers how long to rest: the step of a BackgroundLoop.
  absl::Duration RunOnce();

 private:
  absl::StatusOr<bool> Step();

  storage::Database& database_;
};

}  // namespace portico::events
