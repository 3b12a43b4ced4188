#include "services/registration/authenticator.h"

#include "libs/base/status_macros.h"
#include "services/registration/refusals.h"

namespace portico::registration {

absl::StatusOr<SignedIn> Authenticator::SignIn(std::string_view user_id, const Secret& password,
                                               absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const std::optional<PortalUserRecord> candidate,
      database_.Read([&](storage::Session& session) { return FindSignable(session, user_id); }));
  const absl::StatusOr<bool> right =
      candidate.has_value() ? hasher_.Verify(password, candidate->password_hash, deadline)
                            : hasher_.VerifyNothing(password, deadline);
  if (!right.ok()) return PasswordNotChecked(right.status());
  if (!*right) {
    RETURN_IF_ERROR(lockouts_.CountFailure(user_id));
    return WrongCredentials();
  }

  SignedIn signed_in{.user = {}, .session = sessions_.Make()};
  const absl::Status begun = database_.Write([&](storage::Session& session) -> absl::Status {
    // The check took its time. Guesses made at once all start unlocked, and the right
    // one among them comes too late when the others have locked the user ID; and
    // meanwhile the user may have been disabled or got another password.
    ASSIGN_OR_RETURN(auto user, FindSignable(session, user_id));
    if (!user.has_value() || user->password_hash != candidate->password_hash) {
      return WrongCredentials();
    }
    signed_in.user = *std::move(user);
    RETURN_IF_ERROR(lockouts_.Forget(session, user_id));
    return sessions_.Insert(session, signed_in.user.user.id(), signed_in.session);
  });
  if (!begun.ok()) return begun;
  return signed_in;
}

absl::StatusOr<std::optional<PortalUserRecord>> Authenticator::FindSignable(
    storage::Session& session, std::string_view user_id) {
  ASSIGN_OR_RETURN(auto user, portal_users_.FindByUserId(session, user_id));
  ASSIGN_OR_RETURN(const bool locked, lockouts_.IsLocked(session, user_id));
  if (!user.has_value() || user->disabled || locked) return std::nullopt;
  return user;
}

}  // namespace portico::registration
