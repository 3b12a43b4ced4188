#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/session.h"

namespace portico::registration {

// What a contact may see in the portal.
struct ContactAccess {
  std::vector<std::string> site_ids;  // Empty: all sites of its account.
  bool enabled = true;                // Whether anything at all.
  bool erased = false;                // Its person's data was erased.
  int64_t update_time = 0;            // Microseconds since 1970; rises with each version.
};

// What the contact service last said of each contact, with or without a portal
// user. All calls run in the transaction of their caller and add no errors to its own.
class ContactAccessStore {
 public:
  // None: nothing was heard of the contact yet.
  absl::StatusOr<std::optional<ContactAccess>> Find(storage::Session& session,
                                                    std::string_view contact_id) const;

  // False, and nothing is changed: a later version is known.
  absl::StatusOr<bool> Save(storage::Session& session, std::string_view contact_id,
                            const ContactAccess& access) const;

  // From now on `loser` stands for `winner`, and so does what stood for the loser. They are
  // contacts, or accounts.
  absl::Status Merge(storage::Session& session, std::string_view loser,
                     std::string_view winner) const;
  // What an id stands for; mostly itself.
  absl::StatusOr<std::string> Resolve(storage::Session& session, std::string_view id) const;
  // The ids that stand for that of a contact.
  absl::StatusOr<std::vector<std::string>> Aliases(storage::Session& session,
                                                   std::string_view contact_id) const;
};

}  // namespace portico::registration
