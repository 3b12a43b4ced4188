#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string_view>

#include "services/invitation/inviter.h"

namespace portico::invitation {

using portico::invitation::v1::Invitee;

// What the bearer of a link gets. Every call answers Session's errors besides
// those stated. Thread-safe.
class Redemption {
 public:
  Redemption(const Stores& stores, const Inviter& inviter, const Clock& clock)
      : stores_(stores), inviter_(inviter), clock_(clock) {}

  // Whom the link with this token invites; changes nothing.
  // NOT_FOUND: no link has it, or the link was replaced.
  // FAILED_PRECONDITION with reason INVITATION_EXPIRED, INVITATION_REVOKED or INVITATION_ACCEPTED.
  absl::StatusOr<Invitee> LookUp(storage::Session& session, std::string_view token_hash) const;

  // An answer that is committed, whether it is OK or a refusal.
  struct Result {
    absl::Status refusal;
    Invitee invitee;
  };

  // Takes the invitation for the acceptance, once and for ever; the same acceptance gets
  // the same answer again. A refusal, of LookUp's kind, is final too: an
  // invitation whose time is over is recorded as EXPIRED, whatever clocks do later.
  absl::StatusOr<Result> Redeem(storage::Session& session, std::string_view invitation_id,
                                std::string_view token_hash, std::string_view acceptance_id) const;

 private:
  absl::StatusOr<Invitee> Describe(storage::Session& session, const Invitation& invitation) const;

  const Stores& stores_;
  const Inviter& inviter_;
  const Clock& clock_;
};

// Why the invitation cannot be accepted at `now`; OK when it can.
absl::Status CheckAcceptable(const Invitation& invitation, absl::Time now);

}  // namespace portico::invitation
