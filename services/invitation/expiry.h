#pragma once

#include <absl/time/time.h>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

// Makes invitations EXPIRED once their time is over. Nobody relies on its being
// in time: a link is checked against the clock whenever it is used.
class Expiry {
 public:
  Expiry(storage::Database& database, const Stores& stores, const Inviter& inviter,
         const Clock& clock)
      : database_(database), stores_(stores), inviter_(inviter), clock_(clock) {}

  // Deals with some, and answers how long to rest until there may be more: the
  // step of a BackgroundLoop.
  absl::Duration RunOnce();

 private:
  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  const Clock& clock_;
};

}  // namespace portico::invitation
