#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <string_view>

#include "libs/auth/password_hasher.h"
#include "libs/base/secret.h"
#include "services/registration/acceptance_store.h"
#include "services/registration/authenticator.h"
#include "services/registration/common_passwords.h"
#include "services/registration/invitation_client.h"

namespace portico::registration {

// Makes the invited portal users. That crosses two services, and whatever is
// interrupted anywhere is finished by the caller's retry or by the sweep:
//   1. the user ID and the password's hash are stored as a pending acceptance;
//   2. the invitation service takes the invitation for it, for ever, or refuses;
//   3. portal user, membership and session are made, or the acceptance is dropped.
// The acceptance's id comes from the token, so that a retry is the same one and 2
// answers it the same again. Thread-safe.
class Acceptor {
 public:
  Acceptor(InvitationClient& invitations, AcceptanceStore& acceptances, SessionStore& sessions,
           Authenticator& authenticator, auth::PasswordHasher& hasher,
           const CommonPasswords& common_passwords)
      : invitations_(invitations),
        acceptances_(acceptances),
        sessions_(sessions),
        authenticator_(authenticator),
        hasher_(hasher),
        common_passwords_(common_passwords) {}

  // What a link's token stands for, when it can be accepted.
  // FAILED_PRECONDITION with reason INVITATION_REVOKED also when the contact's portal
  // access is switched off; switched on again, the same link is good. Else the errors of
  // InvitationClient.
  absl::StatusOr<invitation::v1::Invitee> LookUp(const Secret& token);

  // Makes the portal user and signs it in. With the token of a complete acceptance
  // it signs in who has its user ID and password, which makes retries safe.
  // INVALID_ARGUMENT: the user ID or the password breaks a rule.
  // ALREADY_EXISTS with reason USER_ID_TAKEN.
  // Passwords that are not hashed by `deadline` are not hashed at all.
  // Else the errors of LookUp, and of Authenticator but WRONG_CREDENTIALS.
  absl::StatusOr<SignedIn> Accept(const Secret& token, const std::string& user_id,
                                  const Secret& password, absl::Time deadline);

  // Takes a stored acceptance through steps 2 and 3. See AcceptanceStore::Complete
  // for `session`. After a refusal (InvitationClient::IsRefusal) it is gone; after
  // any other error it is still pending.
  absl::StatusOr<Completion> Finish(const Acceptance& acceptance, const NewSession* session);

 private:
  absl::Status CheckChoice(const std::string& user_id, const Secret& password,
                           const std::string& acceptance_id);
  absl::StatusOr<SignedIn> SignInAgain(const std::string& acceptance_id, const std::string& user_id,
                                       const Secret& password, absl::Time deadline);

  InvitationClient& invitations_;
  AcceptanceStore& acceptances_;
  SessionStore& sessions_;
  Authenticator& authenticator_;
  auth::PasswordHasher& hasher_;
  const CommonPasswords& common_passwords_;
};

}  // namespace portico::registration
