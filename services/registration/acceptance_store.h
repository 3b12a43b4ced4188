#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "libs/storage/database.h"
#include "portico/invitation/v1/invitation.pb.h"
#include "services/registration/contact_access_store.h"
#include "services/registration/portal_user_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

// An invitation on its way to a portal user, or arrived there.
struct Acceptance {
  std::string id;  // "apt_…", derived from the token.
  std::string invitation_id;
  std::string token_hash;  // Empty once complete, as is the next.
  std::string password_hash;
  std::string user_id;                        // Reserved, then in use.
  std::optional<std::string> portal_user_id;  // None while it is pending.
};

// How a completed acceptance ended.
struct Completion {
  PortalUserRecord user;
  bool signed_in = false;  // The session that was given lives now.
};

// The acceptances, from the reservation of a user ID to the portal user. Thread-safe.
class AcceptanceStore {
 public:
  AcceptanceStore(storage::Database& database, events::EventLog& events,
                  ContactAccessStore& contact_access, PortalUserStore& portal_users,
                  SessionStore& sessions, const Clock& clock)
      : database_(database),
        events_(events),
        contact_access_(contact_access),
        portal_users_(portal_users),
        sessions_(sessions),
        clock_(clock) {}

  absl::StatusOr<std::optional<Acceptance>> Find(std::string_view id);

  // AccessOff: the contact's portal access is switched off.
  absl::Status CheckAccess(std::string_view contact_id);

  // Whether another acceptance than `id` holds the user ID.
  absl::StatusOr<bool> IsUserIdTaken(std::string_view user_id, std::string_view id);

  // Stores a pending acceptance, or gives a pending one its new user ID and
  // password. False: it is complete, and nothing was changed.
  // ALREADY_EXISTS: another acceptance holds the user ID.
  absl::StatusOr<bool> Reserve(const Acceptance& acceptance);

  // Makes the portal user of a redeemed acceptance, its membership and the
  // MembershipCreated event; for one that is complete, finds the portal user. The
  // session begins when the portal user has the acceptance's password, which
  // another call may have replaced, and may sign in. Null `session`: none begins.
  // What the contact service said of the contact's site and access goes before what the
  // invitation service knew.
  // FAILED_PRECONDITION, and the acceptance is gone: with reason INVITATION_ACCEPTED,
  // the contact has a portal user by another invitation, or the acceptance was gone
  // already; with INVITATION_REVOKED, its portal access was switched off meanwhile, and
  // staff who switch it on again invite again.
  absl::StatusOr<Completion> Complete(const Acceptance& acceptance,
                                      const invitation::v1::Invitee& invitee,
                                      const NewSession* session);

  // Deletes a pending acceptance, which frees its user ID.
  absl::Status Drop(std::string_view id);

  // Up to `limit` pending acceptances that are due, the longest due first.
  absl::StatusOr<std::vector<Acceptance>> ListDue(int limit);

  // Makes a pending acceptance due later.
  absl::Status Postpone(std::string_view id);

 private:
  // OK: there is a portal user now. Another status is why there is none, and the
  // acceptance is gone; it is no error, which would undo that.
  struct Refusal {
    absl::Status why;
  };
  absl::StatusOr<Refusal> MakePortalUser(storage::Session& session, const Acceptance& acceptance,
                                         const invitation::v1::Invitee& invitee);

  storage::Database& database_;
  events::EventLog& events_;
  ContactAccessStore& contact_access_;
  PortalUserStore& portal_users_;
  SessionStore& sessions_;
  const Clock& clock_;
};

}  // namespace portico::registration
