#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/events/snapshot.h"
#include "libs/storage/session.h"
#include "portico/registration/v1/portal_user.pb.h"

namespace portico::registration {

// A portal user with what the contract does not show.
struct PortalUserRecord {
  v1::PortalUser user;
  std::string password_hash;
  bool must_change_password = false;
  // Found: nor has it a membership to see, which is as good as disabled.
  bool disabled = false;
};

// Portal users and their memberships. All calls run in the transaction of their
// caller and add no errors to its own.
class PortalUserStore {
 public:
  absl::Status Insert(storage::Session& session, const PortalUserRecord& record,
                      absl::Time now) const;
  absl::StatusOr<std::optional<PortalUserRecord>> Find(storage::Session& session,
                                                       std::string_view id) const;
  // By user ID, in whatever case.
  absl::StatusOr<std::optional<PortalUserRecord>> FindByUserId(storage::Session& session,
                                                               std::string_view user_id) const;

  absl::StatusOr<bool> HasMembership(storage::Session& session, std::string_view contact_id) const;
  absl::Status InsertMembership(storage::Session& session, std::string_view portal_user_id,
                                const v1::Membership& membership) const;
  // Those that may be seen, in the order of their contacts' ids: not those of contacts
  // whose portal access is switched off. Where two contacts were merged, one stands for both.
  absl::StatusOr<std::vector<v1::Membership>> ListMemberships(
      storage::Session& session, std::string_view portal_user_id) const;

  // The contacts that the portal user of this user ID is, hidden ones too, by account. Of those
  // that were merged one stands for all. None where nobody has the user ID.
  struct ContactsOfAccount {
    std::string portal_user_id;
    std::string account_id;
    std::vector<std::string> contact_ids;
  };
  absl::StatusOr<std::vector<ContactsOfAccount>> ListContacts(storage::Session& session,
                                                              std::string_view user_id) const;

  // All memberships, as MembershipCreated without the invitation.
  events::SnapshotKind Snapshot() const;

  absl::Status RenameAccount(storage::Session& session, std::string_view account_id,
                             std::string_view account_name) const;
  // What was an account's is another's now.
  absl::Status MoveAccount(storage::Session& session, std::string_view from_id,
                           std::string_view to_id) const;
  // Sets which sites the contact's membership, if it has one, may see: all when there are none.
  absl::Status SetSites(storage::Session& session, std::string_view contact_id,
                        const std::vector<std::string>& site_ids) const;
  // Erases what is known of the contact's portal user, if it has one and was no other contact
  // whose data is kept. It can never sign in again.
  absl::Status EraseOf(storage::Session& session, std::string_view contact_id) const;
};

}  // namespace portico::registration
