#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "libs/storage/database.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Puts the recipients that are noted as stale where they belong, and counts them there.
class RecipientProjection {
 public:
  RecipientProjection(storage::Database& database, const Stores& stores)
      : database_(database), stores_(stores) {}

  // Deals with some, and answers how long to rest until there may be more: the step of a
  // BackgroundLoop. Several processes may do so at once.
  absl::Duration RunOnce();

 private:
  absl::StatusOr<bool> RefreshSome(storage::Session& session) const;
  absl::Status Refresh(storage::Session& session, const std::vector<std::string>& ids) const;

  storage::Database& database_;
  const Stores& stores_;
};

}  // namespace portico::invitation
