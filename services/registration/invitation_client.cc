#include "services/registration/invitation_client.h"

#include "libs/auth/opaque_token.h"
#include "libs/log/log.h"
#include "libs/rpc/errors.h"
#include "services/registration/refusals.h"

namespace portico::registration {
namespace {

// The error as it may go on to the public.
absl::Status Passed(const absl::Status& status, std::string_view call) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return NoSuchInvitation();
    case absl::StatusCode::kFailedPrecondition:
      return status;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      log::Warn("the invitation service did not answer",
                {{"call", call}, {"error", std::string(status.message())}});
      return rpc::RetryAfter(absl::UnavailableError("invitations cannot be checked now"),
                             absl::Seconds(1));
    default:
      log::Error("the invitation service refused a call",
                 {{"call", call}, {"error", std::string(status.message())}});
      return absl::InternalError("the invitation service refused a call");
  }
}

}  // namespace

absl::StatusOr<invitation::v1::Invitee> InvitationClient::LookUp(const std::string& token) {
  if (!auth::IsOpaqueToken(token)) return NoSuchInvitation();
  invitation::v1::LookUpTokenRequest request;
  request.set_token(token);
  auto response = peer_.Call<invitation::v1::LookUpTokenResponse>(request);
  if (!response.ok()) return Passed(response.status(), "LookUpToken");
  return std::move(*response->mutable_invitee());
}

absl::StatusOr<invitation::v1::Invitee> InvitationClient::Redeem(const std::string& invitation_id,
                                                                 const std::string& token_hash,
                                                                 const std::string& acceptance_id) {
  invitation::v1::RedeemInvitationRequest request;
  request.set_invitation_id(invitation_id);
  request.set_token_hash(token_hash);
  request.set_acceptance_id(acceptance_id);
  auto response = peer_.Call<invitation::v1::RedeemInvitationResponse>(request);
  if (!response.ok()) return Passed(response.status(), "RedeemInvitation");
  return std::move(*response->mutable_invitee());
}

bool InvitationClient::IsRefusal(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

}  // namespace portico::registration
