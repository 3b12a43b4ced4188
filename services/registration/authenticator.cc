#include "services/registration/authenticator.h"

#include <optional>

#include "libs/base/status_macros.h"
#include "services/registration/refusals.h"

namespace portico::registration {

absl::StatusOr<SignedIn> Authenticator::SignIn(std::string_view user_id, const Secret& password) {
  struct Candidate {
    std::optional<PortalUserRecord> user;
    bool locked = false;
  };
  ASSIGN_OR_RETURN(Candidate candidate,
                   database_.Read([&](storage::Session& session) -> absl::StatusOr<Candidate> {
                     Candidate found;
                     ASSIGN_OR_RETURN(found.user, portal_users_.FindByUserId(session, user_id));
                     ASSIGN_OR_RETURN(found.locked, lockouts_.IsLocked(session, user_id));
                     return found;
                   }));
  const bool may_sign_in =
      candidate.user.has_value() && !candidate.user->disabled && !candidate.locked;
  ASSIGN_OR_RETURN(const bool right, may_sign_in
                                         ? hasher_.Verify(password, candidate.user->password_hash)
                                         : hasher_.VerifyNothing(password));
  if (!right) {
    RETURN_IF_ERROR(lockouts_.CountFailure(user_id));
    return WrongCredentials();
  }

  SignedIn signed_in{.user = *std::move(candidate.user), .session = sessions_.Make()};
  const absl::Status begun = database_.Write([&](storage::Session& session) -> absl::Status {
    // Guesses made at once all start unlocked; the right one among them comes too
    // late when the others have locked the user ID meanwhile.
    ASSIGN_OR_RETURN(const bool locked, lockouts_.IsLocked(session, user_id));
    if (locked) return WrongCredentials();
    RETURN_IF_ERROR(lockouts_.Forget(session, user_id));
    return sessions_.Insert(session, signed_in.user.user.id(), signed_in.session);
  });
  if (!begun.ok()) return begun;
  return signed_in;
}

}  // namespace portico::registration
