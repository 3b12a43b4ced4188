#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "services/invitation/inviter.h"
#include "services/invitation/commit_signal.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Moves bulk sends on where nobody asks for it: gathers recipients, starts what is scheduled, ends
// what has no mail left, and the mails and invitations of what was cancelled. Both are steps of BackgroundLoops, and answer how long to rest until
// there may be more.
class BulkClerk {
 public:
  // `signal` tells the workers that there is mail to be made.
  BulkClerk(storage::Database& database, const Stores& stores, const Inviter& inviter,
            CommitSignal& signal, const Clock& clock)
      : database_(database), stores_(stores), inviter_(inviter), signal_(signal), clock_(clock) {}

  // Gathers some of the recipients of the first bulk send that needs it.
  absl::Duration Gather();

  absl::Duration RunOnce();

 private:
  absl::StatusOr<bool> GatherSome(storage::Session& session) const;
  absl::StatusOr<bool> AddChosen(storage::Session& session, const BulkSend& bulk) const;
  absl::StatusOr<bool> CanMoveOn(storage::Session& session, const BulkSend& bulk) const;
  absl::Status MoveOn(storage::Session& session, const std::string& id) const;
  // Ends some of the mails of one that was cancelled, and it itself when none is left.
  absl::Status WindUp(storage::Session& session, BulkSend& bulk) const;

  storage::Database& database_;
  const Stores& stores_;
  const Inviter& inviter_;
  CommitSignal& signal_;
  const Clock& clock_;
};

}  // namespace portico::invitation
