#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string_view>

#include "libs/auth/password_hasher.h"
#include "libs/base/secret.h"
#include "libs/events/event_log.h"
#include "libs/storage/database.h"
#include "services/registration/lockout_store.h"
#include "services/registration/portal_user_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

// A portal user with the session that has begun.
struct SignedIn {
  PortalUserRecord user;
  NewSession session;
};

// Signs portal users in by user ID and password, and publishes when one is locked. Thread-safe.
class Authenticator {
 public:
  Authenticator(storage::Database& database, events::EventLog& events,
                PortalUserStore& portal_users, SessionStore& sessions, LockoutStore& lockouts,
                auth::PasswordHasher& hasher)
      : database_(database),
        events_(events),
        portal_users_(portal_users),
        sessions_(sessions),
        lockouts_(lockouts),
        hasher_(hasher) {}

  // UNAUTHENTICATED with reason WRONG_CREDENTIALS: wrong password, no such user,
  // disabled or locked; the answer and the work for it are the same.
  // RESOURCE_EXHAUSTED with RetryInfo: too many passwords are being checked.
  // DEADLINE_EXCEEDED: it was not checked by the deadline, when the caller stops waiting.
  absl::StatusOr<SignedIn> SignIn(std::string_view user_id, const Secret& password,
                                  absl::Time deadline);

 private:
  // The portal user of this user ID when it may sign in now.
  absl::StatusOr<std::optional<PortalUserRecord>> FindSignable(storage::Session& session,
                                                               std::string_view user_id);

  absl::Status CountFailure(std::string_view user_id);
  absl::Status PublishLock(storage::Session& session, std::string_view user_id,
                           absl::Time unlock_time);

  storage::Database& database_;
  events::EventLog& events_;
  PortalUserStore& portal_users_;
  SessionStore& sessions_;
  LockoutStore& lockouts_;
  auth::PasswordHasher& hasher_;
};

}  // namespace portico::registration
