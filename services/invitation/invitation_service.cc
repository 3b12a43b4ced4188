#include "services/invitation/invitation_service.h"

#include <absl/strings/str_cat.h>

#include "libs/auth/opaque_token.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::invitation {

using storage::Session;

void InvitationService::Register(rpc::Server& server) {
  server.Handle(this, &InvitationService::SendInvitation);
  server.Handle(this, &InvitationService::CreateInvitationLink);
  server.Handle(this, &InvitationService::ResendInvitation);
  server.Handle(this, &InvitationService::RevokeInvitation);
  server.Handle(this, &InvitationService::GetInvitation);
  server.Handle(this, &InvitationService::ListInvitations);
  server.Handle(this, &InvitationService::GetDecision);
  server.Handle(this, &InvitationService::LookUpToken);
  server.Handle(this, &InvitationService::RenewExpired);
  server.Handle(this, &InvitationService::RedeemInvitation);
}

absl::StatusOr<v1::SendInvitationResponse> InvitationService::SendInvitation(
    rpc::Call&, const v1::SendInvitationRequest& request) {
  v1::SendInvitationResponse response;
  ASSIGN_OR_RETURN(*response.mutable_invitation(), manual_.Send(request));
  return response;
}

absl::StatusOr<v1::CreateInvitationLinkResponse> InvitationService::CreateInvitationLink(
    rpc::Call&, const v1::CreateInvitationLinkRequest& request) {
  return manual_.CreateLink(request.contact_id());
}

absl::StatusOr<v1::ResendInvitationResponse> InvitationService::ResendInvitation(
    rpc::Call&, const v1::ResendInvitationRequest& request) {
  v1::ResendInvitationResponse response;
  ASSIGN_OR_RETURN(*response.mutable_invitation(), manual_.Resend(request));
  return response;
}

absl::StatusOr<v1::RevokeInvitationResponse> InvitationService::RevokeInvitation(
    rpc::Call&, const v1::RevokeInvitationRequest& request) {
  v1::RevokeInvitationResponse response;
  ASSIGN_OR_RETURN(*response.mutable_invitation(), manual_.Revoke(request.id(), request.reason()));
  return response;
}

absl::StatusOr<v1::GetInvitationResponse> InvitationService::GetInvitation(
    rpc::Call&, const v1::GetInvitationRequest& request) {
  return database_.Read([&](Session& session) -> absl::StatusOr<v1::GetInvitationResponse> {
    ASSIGN_OR_RETURN(std::optional<Invitation> invitation,
                     stores_.invitations.Find(session, request.id()));
    if (!invitation.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("got invitation ", rpc::Quoted(request.id()), ", which does not exist"));
    }
    ASSIGN_OR_RETURN(std::vector<DeliveryAttempt> tries,
                     stores_.messages.AttemptsOfInvitation(session, request.id()));
    ASSIGN_OR_RETURN(std::vector<DeliveryAttempt> reports,
                     stores_.reports.OfInvitation(session, request.id()));
    const std::vector<DeliveryAttempt> attempts = History(std::move(tries), std::move(reports));
    v1::GetInvitationResponse response;
    *response.mutable_invitation() = *std::move(invitation);
    response.mutable_invitation()->mutable_attempts()->Add(attempts.begin(), attempts.end());
    return response;
  });
}

absl::StatusOr<v1::ListInvitationsResponse> InvitationService::ListInvitations(
    rpc::Call&, const v1::ListInvitationsRequest& request) {
  return database_.Read(
      [&](Session& session) { return stores_.invitations.List(session, request); });
}

absl::StatusOr<v1::GetDecisionResponse> InvitationService::GetDecision(
    rpc::Call&, const v1::GetDecisionRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<v1::Decision> decision,
                   database_.Read([&](Session& session) {
                     return stores_.decisions.Find(session, request.contact_id());
                   }));
  if (!decision.has_value()) {
    return absl::NotFoundError(absl::StrCat("got contact ", rpc::Quoted(request.contact_id()),
                                            ", which does not exist or is not decided on yet"));
  }
  v1::GetDecisionResponse response;
  *response.mutable_decision() = *decision;
  return response;
}

absl::StatusOr<v1::LookUpTokenResponse> InvitationService::LookUpToken(
    rpc::Call&, const v1::LookUpTokenRequest& request) {
  const std::string token_hash = auth::HashOpaqueToken(request.token());
  v1::LookUpTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_invitee(), database_.Read([&](Session& session) {
    return redemption_.LookUp(session, token_hash);
  }));
  return response;
}

absl::StatusOr<v1::RenewExpiredResponse> InvitationService::RenewExpired(
    rpc::Call&, const v1::RenewExpiredRequest& request) {
  RETURN_IF_ERROR(manual_.Renew(auth::HashOpaqueToken(request.token())));
  return v1::RenewExpiredResponse();
}

absl::StatusOr<v1::RedeemInvitationResponse> InvitationService::RedeemInvitation(
    rpc::Call&, const v1::RedeemInvitationRequest& request) {
  ASSIGN_OR_RETURN(Redemption::Result result, database_.Write([&](Session& session) {
    return redemption_.Redeem(session, request.invitation_id(), request.token_hash(),
                              request.acceptance_id());
  }));
  RETURN_IF_ERROR(result.refusal);
  v1::RedeemInvitationResponse response;
  *response.mutable_invitee() = std::move(result.invitee);
  return response;
}

}  // namespace portico::invitation
