#include "services/registration/authenticator.h"

#include <google/protobuf/util/time_util.h>

#include <vector>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "portico/registration/v1/registration_events.pb.h"
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
    RETURN_IF_ERROR(CountFailure(user_id));
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

absl::Status Authenticator::CountFailure(std::string_view user_id) {
  return database_.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<absl::Time> unlock_time,
                     lockouts_.CountFailure(session, user_id));
    return unlock_time.has_value() ? PublishLock(session, user_id, *unlock_time) : absl::OkStatus();
  });
}

absl::Status Authenticator::PublishLock(storage::Session& session, std::string_view user_id,
                                        absl::Time unlock_time) {
  ASSIGN_OR_RETURN(const std::vector<PortalUserStore::ContactsOfAccount> accounts,
                   portal_users_.ListContacts(session, user_id));
  // A lock of what nobody has costs a write as well, so that the time of the answer tells nobody
  // which user IDs exist.
  if (accounts.empty()) return lockouts_.Rewrite(session, user_id);
  for (const PortalUserStore::ContactsOfAccount& account : accounts) {
    v1::PortalUserLocked locked;
    locked.set_portal_user_id(account.portal_user_id);
    locked.mutable_contact_ids()->Assign(account.contact_ids.begin(), account.contact_ids.end());
    *locked.mutable_unlock_time() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(unlock_time));
    RETURN_IF_ERROR(events_.Append(session, locked, account.portal_user_id, account.account_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<PortalUserRecord>> Authenticator::FindSignable(
    storage::Session& session, std::string_view user_id) {
  ASSIGN_OR_RETURN(auto user, portal_users_.FindByUserId(session, user_id));
  ASSIGN_OR_RETURN(const bool locked, lockouts_.IsLocked(session, user_id));
  if (!user.has_value() || user->disabled || locked) return std::nullopt;
  return user;
}

}  // namespace portico::registration
