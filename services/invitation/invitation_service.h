#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "libs/storage/database.h"
#include "services/invitation/manual_invitation.h"
#include "services/invitation/redemption.h"

namespace portico::invitation {

// Serves portico.invitation.v1.InvitationService.
class InvitationService {
 public:
  InvitationService(storage::Database& database, const Stores& stores, ManualInvitation& manual,
                    const Redemption& redemption)
      : database_(database), stores_(stores), manual_(manual), redemption_(redemption) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::SendInvitationResponse> SendInvitation(
      rpc::Call& call, const v1::SendInvitationRequest& request);
  absl::StatusOr<v1::CreateInvitationLinkResponse> CreateInvitationLink(
      rpc::Call& call, const v1::CreateInvitationLinkRequest& request);
  absl::StatusOr<v1::RenewExpiredResponse> RenewExpired(rpc::Call& call,
                                                        const v1::RenewExpiredRequest& request);
  absl::StatusOr<v1::ResendInvitationResponse> ResendInvitation(
      rpc::Call& call, const v1::ResendInvitationRequest& request);
  absl::StatusOr<v1::RevokeInvitationResponse> RevokeInvitation(
      rpc::Call& call, const v1::RevokeInvitationRequest& request);
  absl::StatusOr<v1::GetInvitationResponse> GetInvitation(rpc::Call& call,
                                                          const v1::GetInvitationRequest& request);
  absl::StatusOr<v1::ListInvitationsResponse> ListInvitations(
      rpc::Call& call, const v1::ListInvitationsRequest& request);
  absl::StatusOr<v1::GetDecisionResponse> GetDecision(rpc::Call& call,
                                                      const v1::GetDecisionRequest& request);
  absl::StatusOr<v1::LookUpTokenResponse> LookUpToken(rpc::Call& call,
                                                      const v1::LookUpTokenRequest& request);
  absl::StatusOr<v1::RedeemInvitationResponse> RedeemInvitation(
      rpc::Call& call, const v1::RedeemInvitationRequest& request);

  storage::Database& database_;
  const Stores& stores_;
  ManualInvitation& manual_;
  const Redemption& redemption_;
};

}  // namespace portico::invitation
