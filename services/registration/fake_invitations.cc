#include "services/registration/fake_invitations.h"

#include <google/protobuf/util/time_util.h>

#include "libs/auth/opaque_token.h"
#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"

namespace portico::registration {

namespace iv = invitation::v1;

namespace {

absl::Status Refused(const std::string& reason) {
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, reason, "it is over");
}

}  // namespace

FakeInvitations::FakeInvitations() {
  service_.server().Handle(this, &FakeInvitations::LookUp);
  service_.server().Handle(this, &FakeInvitations::Redeem);
  service_.Start();
}

std::string FakeInvitations::Invite(const std::string& contact_id, const std::string& site_id) {
  const auth::OpaqueToken token = auth::NewOpaqueToken();
  Invitation invitation;
  iv::Invitee& invitee = invitation.invitee;
  invitee.set_invitation_id(NewId(IdKind::kInvitation));
  invitee.set_contact_id(contact_id);
  invitee.set_account_id("acc_gym");
  invitee.set_contact_name("John Doe");
  invitee.set_account_name("Renovation Gym");
  invitee.set_email("john@example.com");
  invitee.set_site_id(site_id);
  *invitee.mutable_expire_time() = google::protobuf::util::TimeUtil::SecondsToTimestamp(2000000000);
  absl::MutexLock lock(&mutex_);
  by_token_hash_.emplace(token.hash, std::move(invitation));
  return token.token.Reveal();
}

void FakeInvitations::End(const std::string& token, const std::string& reason) {
  absl::MutexLock lock(&mutex_);
  by_token_hash_.at(auth::HashOpaqueToken(token)).ended_for = reason;
}

void FakeInvitations::FailLookUps(absl::Status with) {
  absl::MutexLock lock(&mutex_);
  look_up_failure_ = std::move(with);
}

void FakeInvitations::FailRedemptionsBefore(absl::Status with) {
  absl::MutexLock lock(&mutex_);
  failure_before_ = std::move(with);
}

void FakeInvitations::FailRedemptionsAfter(absl::Status with) {
  absl::MutexLock lock(&mutex_);
  failure_after_ = std::move(with);
}

void FakeInvitations::AfterLookUp(std::function<void()> hook) {
  absl::MutexLock lock(&mutex_);
  after_look_up_ = std::move(hook);
}

int FakeInvitations::lookups() {
  absl::MutexLock lock(&mutex_);
  return lookups_;
}

absl::StatusOr<iv::LookUpTokenResponse> FakeInvitations::LookUp(
    rpc::Call&, const iv::LookUpTokenRequest& request) {
  iv::LookUpTokenResponse response;
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mutex_);
    ++lookups_;
    RETURN_IF_ERROR(look_up_failure_);
    const auto found = by_token_hash_.find(auth::HashOpaqueToken(request.token()));
    if (found == by_token_hash_.end()) return absl::NotFoundError("no invitation has this token");
    const Invitation& invitation = found->second;
    if (!invitation.ended_for.empty()) return Refused(invitation.ended_for);
    if (!invitation.accepted_by.empty()) return Refused("INVITATION_ACCEPTED");
    *response.mutable_invitee() = invitation.invitee;
    hook = after_look_up_;
  }
  hook();
  return response;
}

absl::StatusOr<iv::RedeemInvitationResponse> FakeInvitations::Redeem(
    rpc::Call&, const iv::RedeemInvitationRequest& request) {
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(failure_before_);
  const auto found = by_token_hash_.find(request.token_hash());
  if (found == by_token_hash_.end() ||
      found->second.invitee.invitation_id() != request.invitation_id()) {
    return absl::NotFoundError("no invitation has this token");
  }
  Invitation& invitation = found->second;
  if (invitation.accepted_by != request.acceptance_id()) {
    if (!invitation.ended_for.empty()) return Refused(invitation.ended_for);
    if (!invitation.accepted_by.empty()) return Refused("INVITATION_ACCEPTED");
    invitation.accepted_by = request.acceptance_id();
  }
  RETURN_IF_ERROR(failure_after_);
  iv::RedeemInvitationResponse response;
  *response.mutable_invitee() = invitation.invitee;
  return response;
}

}  // namespace portico::registration
