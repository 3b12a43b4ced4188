#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/auth/caller.h"
#include "libs/auth/opaque_token.h"
#include "libs/base/clock.h"
#include "libs/base/secret.h"
#include "libs/storage/database.h"
#include "portico/registration/v1/session.pb.h"

namespace portico::registration {

struct SessionLifetimes {
  absl::Duration idle = absl::Hours(2);       // Without a call.
  absl::Duration absolute = absl::Hours(24);  // However much it is used.
};

// A session that begins. Only its browser keeps the token; the database has its hash.
struct NewSession {
  std::string id;
  auth::OpaqueToken token;
  absl::Duration max_age;
};

// The sessions of portal users. A session lives until it is ended, was not used
// for too long or is too old. Thread-safe.
class SessionStore {
 public:
  SessionStore(storage::Database& database, const Clock& clock, SessionLifetimes lifetimes)
      : database_(database), clock_(clock), lifetimes_(lifetimes) {}

  // A session with a token of its own; it lives once it is inserted.
  NewSession Make() const;
  absl::Status Insert(storage::Session& transaction, std::string_view portal_user_id,
                      const NewSession& session);

  // Whose session the token is, in one indexed read; notes the use, to the minute.
  // UNAUTHENTICATED: no live session has it, or its portal user is disabled.
  absl::StatusOr<auth::Caller> Authenticate(const Secret& token);

  // The live sessions of a portal user, the latest first; `current_id` is marked.
  absl::StatusOr<std::vector<v1::Session>> List(std::string_view portal_user_id,
                                                std::string_view current_id);

  // Ends the session with this token, if there is one.
  absl::Status EndByToken(const Secret& token);

  // NOT_FOUND: the portal user has no live session with this id.
  absl::Status End(std::string_view portal_user_id, std::string_view id);

  // Ends all sessions of the contact's portal user, if it has one, unless the user has
  // a membership left to see.
  absl::Status EndWithoutMembership(storage::Session& transaction, std::string_view contact_id);

  // Deletes up to a thousand sessions that are over; answers how many.
  absl::StatusOr<int64_t> Purge();

 private:
  void NoteUse(std::string_view id, absl::Time now);
  // A session that was last used before this is over.
  int64_t IdleLimit(absl::Time now) const { return ToMicros(now - lifetimes_.idle); }

  storage::Database& database_;
  const Clock& clock_;
  const SessionLifetimes lifetimes_;
};

}  // namespace portico::registration
