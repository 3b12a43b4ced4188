#include "services/registration/purge.h"

#include "libs/log/log.h"

namespace portico::registration {

absl::Duration Purge::Step() {
  const auto sessions = sessions_.Purge();
  const auto lockouts = lockouts_.Purge();
  if (!sessions.ok() || !lockouts.ok()) {
    log::Warn("cannot delete old sessions and failed sign-ins");
    return absl::Minutes(1);
  }
  return *sessions + *lockouts > 0 ? absl::Seconds(1) : absl::Minutes(1);
}

}  // namespace portico::registration
