#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "libs/storage/database.h"
#include "portico/registration/v1/session.pb.h"
#include "services/registration/authenticator.h"
#include "services/registration/portal_user_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

class SessionService {
 public:
  SessionService(storage::Database& database, Authenticator& authenticator, SessionStore& sessions,
                 PortalUserStore& portal_users)
      : database_(database),
        authenticator_(authenticator),
        sessions_(sessions),
        portal_users_(portal_users) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::SignInResponse> SignIn(rpc::Call& call, const v1::SignInRequest& request);
  absl::StatusOr<v1::SignOutResponse> SignOut(rpc::Call& call, const v1::SignOutRequest& request);
  absl::StatusOr<v1::GetSessionResponse> GetSession(rpc::Call& call,
                                                    const v1::GetSessionRequest& request);
  absl::StatusOr<v1::ListSessionsResponse> ListSessions(rpc::Call& call,
                                                        const v1::ListSessionsRequest& request);
  absl::StatusOr<v1::EndSessionResponse> EndSession(rpc::Call& call,
                                                    const v1::EndSessionRequest& request);

  storage::Database& database_;
  Authenticator& authenticator_;
  SessionStore& sessions_;
  PortalUserStore& portal_users_;
};

}  // namespace portico::registration
