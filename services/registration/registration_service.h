#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "portico/registration/v1/registration.pb.h"
#include "services/registration/acceptor.h"

namespace portico::registration {

class RegistrationService {
 public:
  explicit RegistrationService(Acceptor& acceptor) : acceptor_(acceptor) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::PreviewInvitationResponse> PreviewInvitation(
      rpc::Call& call, const v1::PreviewInvitationRequest& request);
  absl::StatusOr<v1::AcceptInvitationResponse> AcceptInvitation(
      rpc::Call& call, const v1::AcceptInvitationRequest& request);

  Acceptor& acceptor_;
};

}  // namespace portico::registration
