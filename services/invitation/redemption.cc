#include "services/invitation/redemption.h"

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::invitation {

using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

absl::Status NoSuchLink() {
  return absl::NotFoundError("the link is unknown, or was replaced by a newer one");
}

absl::Status Refuse(const char* reason, const char* message) {
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, reason, message);
}

}  // namespace

absl::Status CheckAcceptable(const Invitation& invitation, absl::Time now) {
  switch (invitation.state()) {
    case INVITATION_STATE_ACCEPTED:
      return Refuse(kInvitationAccepted, "the invitation was accepted already");
    case INVITATION_STATE_REVOKED:
      return Refuse(kInvitationRevoked, "the invitation was taken back");
    default:
      break;
  }
  if (invitation.state() == INVITATION_STATE_EXPIRED || IsPastExpiry(invitation, now)) {
    return Refuse(kInvitationExpired, "the invitation was not accepted in time");
  }
  return absl::OkStatus();
}

absl::StatusOr<Invitee> Redemption::LookUp(Session& session, std::string_view token_hash) const {
  ASSIGN_OR_RETURN(const std::optional<Invitation> invitation,
                   stores_.invitations.FindByToken(session, token_hash));
  if (!invitation.has_value()) return NoSuchLink();
  RETURN_IF_ERROR(CheckAcceptable(*invitation, clock_.Now()));
  return Describe(session, *invitation);
}

absl::StatusOr<Redemption::Result> Redemption::Redeem(Session& session,
                                                      std::string_view invitation_id,
                                                      std::string_view token_hash,
                                                      std::string_view acceptance_id) const {
  const absl::Time now = clock_.Now();
  const InvitationStore& invitations = stores_.invitations;
  ASSIGN_OR_RETURN(const std::optional<Invitation> taken,
                   invitations.Redeem(session, invitation_id, token_hash, acceptance_id, now));
  Result result;
  if (taken.has_value()) {
    RETURN_IF_ERROR(stores_.messages.Cancel(session, taken->id(), kInvitationAccepted, now));
    RETURN_IF_ERROR(stores_.recipients.SetAcceptance(session, taken->contact_id(), acceptance_id));
    ASSIGN_OR_RETURN(result.invitee, Describe(session, *taken));
    return result;
  }
  ASSIGN_OR_RETURN(std::optional<Invitation> refused, invitations.FindByToken(session, token_hash));
  if (!refused.has_value() || refused->id() != invitation_id) {
    result.refusal = NoSuchLink();
    return result;
  }
  ASSIGN_OR_RETURN(const bool repeated,
                   invitations.IsRedeemedBy(session, invitation_id, token_hash, acceptance_id));
  if (repeated) {
    ASSIGN_OR_RETURN(result.invitee, Describe(session, *refused));
    return result;
  }
  result.refusal = CheckAcceptable(*refused, now);
  if (IsOpen(*refused)) RETURN_IF_ERROR(inviter_.Expire(session, *refused));
  return result;
}

absl::StatusOr<Invitee> Redemption::Describe(Session& session, const Invitation& invitation) const {
  ASSIGN_OR_RETURN(const std::optional<Recipient> recipient,
                   stores_.recipients.Find(session, invitation.contact_id()));
  Invitee invitee;
  invitee.set_invitation_id(invitation.id());
  invitee.set_contact_id(invitation.contact_id());
  invitee.set_account_id(invitation.account_id());
  invitee.set_email(invitation.email());
  *invitee.mutable_expire_time() = invitation.expire_time();
  if (recipient.has_value()) {
    invitee.set_contact_name(recipient->name);
    invitee.set_account_name(recipient->account_name);
    invitee.set_site_id(recipient->site_id);
  }
  return invitee;
}

}  // namespace portico::invitation
