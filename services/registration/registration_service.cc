#include "services/registration/registration_service.h"

#include "libs/base/status_macros.h"
#include "services/registration/session_metadata.h"

namespace portico::registration {

void RegistrationService::Register(rpc::Server& server) {
  server.Handle(this, &RegistrationService::PreviewInvitation);
  server.Handle(this, &RegistrationService::AcceptInvitation);
}

absl::StatusOr<v1::PreviewInvitationResponse> RegistrationService::PreviewInvitation(
    rpc::Call&, const v1::PreviewInvitationRequest& request) {
  ASSIGN_OR_RETURN(const auto invitee, acceptor_.LookUp(Secret(request.token())));
  v1::PreviewInvitationResponse response;
  response.set_contact_name(invitee.contact_name());
  response.set_account_name(invitee.account_name());
  *response.mutable_expire_time() = invitee.expire_time();
  return response;
}

absl::StatusOr<v1::AcceptInvitationResponse> RegistrationService::AcceptInvitation(
    rpc::Call& call, const v1::AcceptInvitationRequest& request) {
  ASSIGN_OR_RETURN(const SignedIn signed_in,
                   acceptor_.Accept(Secret(request.token()), request.user_id(),
                                    Secret(request.password()), call.deadline));
  HandOver(signed_in.session, call);
  v1::AcceptInvitationResponse response;
  *response.mutable_portal_user() = signed_in.user.user;
  return response;
}

}  // namespace portico::registration
