#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <map>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

// Mails the reminders of live invitations when their time has come: each once, since it is counted
// in the transaction that queues its mail. Whoever may not be invited at that time, or has
// an address that gets no mail, is passed over.
class Reminders {
 public:
  Reminders(storage::Database& database, const Stores& stores, const Inviter& inviter,
            FactSource& facts, const Clock& clock)
      : database_(database), stores_(stores), inviter_(inviter), facts_(facts), clock_(clock) {}

  // Deals with some, and answers how long to rest until there may be more: the step of a
  // BackgroundLoop.
  absl::Duration RunOnce();

 private:
  // The invitations to look at, and what their mails are made from.
  struct Round {
    std::vector<std::string> ids;
    Facts facts;
    std::map<std::string, Draft> drafts;  // By invitation.
  };

  absl::StatusOr<Round> Prepare();
  absl::Status Remind(storage::Session& session, const Round& round) const;

  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  FactSource& facts_;
  const Clock& clock_;
};

}  // namespace portico::invitation
