#pragma once

#include <absl/status/statusor.h>

#include "libs/storage/database.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/contact_rows.h"

namespace portico::contact {

// What the winner of a merge becomes: it keeps what it has, and takes from the loser what it lacks.
v1::Contact Merged(const v1::Contact& winner, const v1::Contact& loser);

// Merges contacts. Thread-safe. Answers storage's errors too.
class ContactMerger {
 public:
  ContactMerger(storage::Database& database, const ContactRows& rows)
      : database_(database), rows_(rows) {}

  // As the RPC says: all of it in one transaction, with ContactsMerged.
  // NOT_FOUND, ABORTED, FAILED_PRECONDITION: as the RPC.
  absl::StatusOr<v1::Contact> Merge(const v1::MergeContactsRequest& request) const;

 private:
  absl::Status MovePortalUsers(storage::Session& session, const v1::Contact& winner,
                               const v1::Contact& loser) const;

  storage::Database& database_;
  const ContactRows& rows_;
};

}  // namespace portico::contact
