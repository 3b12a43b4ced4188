#pragma once

#include <absl/status/status.h>

// The answers that several calls share, so that they are alike wherever they are given.
namespace portico::registration {

// NOT_FOUND for every token that stands for nothing, whether it ever did or not.
absl::Status NoSuchInvitation();

// FAILED_PRECONDITION with reason INVITATION_ACCEPTED.
absl::Status AlreadyAccepted();

// FAILED_PRECONDITION with reason INVITATION_REVOKED.
absl::Status AccessOff();

// ALREADY_EXISTS with reason USER_ID_TAKEN, about the field user_id.
absl::Status UserIdTaken();

// UNAUTHENTICATED with reason WRONG_CREDENTIALS, whatever of them was wrong.
absl::Status WrongCredentials();

// An error of the PasswordHasher; where it only has too much to do, with the RetryInfo
// that tells when to come again.
absl::Status PasswordNotChecked(absl::Status error);

}  // namespace portico::registration
