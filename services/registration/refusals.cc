#include "services/registration/refusals.h"

#include <utility>

#include "libs/rpc/errors.h"

namespace portico::registration {

absl::Status NoSuchInvitation() { return absl::NotFoundError("there is no such invitation"); }

absl::Status AlreadyAccepted() {
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "INVITATION_ACCEPTED",
                              "the invitation was accepted already");
}

absl::Status AccessOff() {
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "INVITATION_REVOKED",
                              "the invitation was revoked");
}

absl::Status UserIdTaken() {
  return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "USER_ID_TAKEN",
                              "the user ID is taken; choose another", {{"field", "user_id"}});
}

absl::Status WrongCredentials() {
  return rpc::ErrorWithReason(absl::StatusCode::kUnauthenticated, "WRONG_CREDENTIALS",
                              "the user ID or the password is wrong");
}

absl::Status PasswordNotChecked(absl::Status error) {
  if (!absl::IsResourceExhausted(error)) return error;
  // A full queue is served in about this time.
  return rpc::RetryAfter(std::move(error), absl::Seconds(2));
}

}  // namespace portico::registration
