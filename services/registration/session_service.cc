#include "services/registration/session_service.h"

#include <string>

#include "libs/base/status_macros.h"
#include "services/registration/session_metadata.h"

namespace portico::registration {

void SessionService::Register(rpc::Server& server) {
  server.Handle(this, &SessionService::SignIn);
  server.Handle(this, &SessionService::SignOut);
  server.Handle(this, &SessionService::GetSession);
  server.Handle(this, &SessionService::ListSessions);
  server.Handle(this, &SessionService::EndSession);
}

absl::StatusOr<v1::SignInResponse> SessionService::SignIn(rpc::Call& call,
                                                          const v1::SignInRequest& request) {
  ASSIGN_OR_RETURN(
      const SignedIn signed_in,
      authenticator_.SignIn(request.user_id(), Secret(request.password()), call.deadline));
  HandOver(signed_in.session, call);
  v1::SignInResponse response;
  *response.mutable_portal_user() = signed_in.user.user;
  response.set_must_change_password(signed_in.user.must_change_password);
  return response;
}

absl::StatusOr<v1::SignOutResponse> SessionService::SignOut(rpc::Call& call,
                                                            const v1::SignOutRequest&) {
  const std::string_view token = call.Metadata(rpc::kSessionMetadata);
  if (!token.empty()) RETURN_IF_ERROR(sessions_.EndByToken(Secret(std::string(token))));
  TakeBack(call);
  return v1::SignOutResponse();
}

absl::StatusOr<v1::GetSessionResponse> SessionService::GetSession(rpc::Call& call,
                                                                  const v1::GetSessionRequest&) {
  return database_.Read([&](storage::Session& session) -> absl::StatusOr<v1::GetSessionResponse> {
    v1::GetSessionResponse response;
    ASSIGN_OR_RETURN(const auto record, portal_users_.Find(session, call.caller.subject));
    if (!record.has_value()) return absl::UnauthenticatedError("the portal user is gone");
    *response.mutable_portal_user() = record->user;
    ASSIGN_OR_RETURN(const auto memberships,
                     portal_users_.ListMemberships(session, record->user.id()));
    response.mutable_memberships()->Add(memberships.begin(), memberships.end());
    return response;
  });
}

absl::StatusOr<v1::ListSessionsResponse> SessionService::ListSessions(
    rpc::Call& call, const v1::ListSessionsRequest&) {
  ASSIGN_OR_RETURN(const auto sessions,
                   sessions_.List(call.caller.subject, call.caller.session_id));
  v1::ListSessionsResponse response;
  response.mutable_sessions()->Add(sessions.begin(), sessions.end());
  return response;
}

absl::StatusOr<v1::EndSessionResponse> SessionService::EndSession(
    rpc::Call& call, const v1::EndSessionRequest& request) {
  RETURN_IF_ERROR(sessions_.End(call.caller.subject, request.id()));
  if (request.id() == call.caller.session_id) TakeBack(call);
  return v1::EndSessionResponse();
}

}  // namespace portico::registration
