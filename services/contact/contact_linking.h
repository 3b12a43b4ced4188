#pragma once

#include <absl/status/statusor.h>

#include "libs/storage/database.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/contact_rows.h"

namespace portico::contact {

// Gives contacts access to the portal, and takes it and them away. Thread-safe. All are as their
// RPCs say; besides that they answer storage's errors.
// NOT_FOUND: there is none with this id. ABORTED: the etag is stale. FAILED_PRECONDITION: it was
// merged into another.
class ContactLinking {
 public:
  ContactLinking(storage::Database& database, const ContactRows& rows,
                 const AccountDirectory& accounts)
      : database_(database), rows_(rows), accounts_(accounts) {}

  // Unlinking and erasing again change nothing, whatever the etag.
  absl::StatusOr<v1::Contact> Unlink(const v1::UnlinkContactRequest& request);
  absl::StatusOr<v1::Contact> Erase(const v1::EraseContactRequest& request);
  // INVALID_ARGUMENT: a site is not the account's, or not the contact's.
  // FAILED_PRECONDITION: it was unlinked; or AccountDirectory::IsNotKnown.
  absl::StatusOr<v1::Contact> SetPortalAccess(const v1::SetPortalAccessRequest& request);

 private:
  storage::Database& database_;
  const ContactRows& rows_;
  const AccountDirectory& accounts_;
};

}  // namespace portico::contact
