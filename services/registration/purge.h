#pragma once

#include <absl/time/time.h>

#include "services/registration/lockout_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

// Deletes what time has made meaningless: sessions that are over and failed
// sign-ins that are forgotten.
class Purge {
 public:
  Purge(SessionStore& sessions, LockoutStore& lockouts)
      : sessions_(sessions), lockouts_(lockouts) {}

  // The step of a BackgroundLoop: does a batch and answers how long to rest.
  absl::Duration Step();

 private:
  SessionStore& sessions_;
  LockoutStore& lockouts_;
};

}  // namespace portico::registration
