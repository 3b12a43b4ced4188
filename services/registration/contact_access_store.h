#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>

#include "libs/storage/session.h"

namespace portico::registration {

// What a contact may see in the portal.
struct ContactAccess {
  std::string site_id;  // Empty: all sites of its account.
  bool enabled = true;  // Whether anything at all.
};

// What the contact service last said of each contact, with or without a portal
// user. All calls run in the transaction of their caller and add no errors to its own.
class ContactAccessStore {
 public:
  // None: nothing was heard of the contact yet.
  absl::StatusOr<std::optional<ContactAccess>> Find(storage::Session& session,
                                                    std::string_view contact_id) const;

  absl::Status Save(storage::Session& session, std::string_view contact_id,
                    const ContactAccess& access) const;
};

}  // namespace portico::registration
