#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <string>

#include "libs/testing/test_service.h"
#include "portico/invitation/v1/invitation.pb.h"

namespace portico::registration {

// For tests: an invitation service over the wire, with as much of its behaviour
// as registration sees. Thread-safe.
class FakeInvitations {
 public:
  FakeInvitations();

  // Makes an invitation for a contact of its own; answers the token of its link.
  std::string Invite(const std::string& contact_id, const std::string& site_id = "");

  // From now on the invitation is refused for this reason, such as INVITATION_EXPIRED.
  void End(const std::string& token, const std::string& reason);

  // The next calls fail as told, before they take effect or after; OK again: they do not.
  void FailLookUps(absl::Status with) ABSL_LOCKS_EXCLUDED(mutex_);
  void FailRedemptionsBefore(absl::Status with) ABSL_LOCKS_EXCLUDED(mutex_);
  void FailRedemptionsAfter(absl::Status with) ABSL_LOCKS_EXCLUDED(mutex_);

  // Called at the end of each look-up, outside all locks.
  void AfterLookUp(std::function<void()> hook) ABSL_LOCKS_EXCLUDED(mutex_);

  int lookups() ABSL_LOCKS_EXCLUDED(mutex_);

  testing::TestService& service() { return service_; }

 private:
  struct Invitation {
    invitation::v1::Invitee invitee;
    std::string ended_for;    // A reason, or empty.
    std::string accepted_by;  // An acceptance id, or empty.
  };

  absl::StatusOr<invitation::v1::LookUpTokenResponse> LookUp(
      rpc::Call& call, const invitation::v1::LookUpTokenRequest& request);
  absl::StatusOr<invitation::v1::RedeemInvitationResponse> Redeem(
      rpc::Call& call, const invitation::v1::RedeemInvitationRequest& request);
  testing::TestService service_{nullptr, {.is_stand_in = true}};
  absl::Mutex mutex_;
  std::map<std::string, Invitation> by_token_hash_ ABSL_GUARDED_BY(mutex_);
  absl::Status look_up_failure_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_before_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_after_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> after_look_up_ ABSL_GUARDED_BY(mutex_) = [] {};
  int lookups_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace portico::registration
