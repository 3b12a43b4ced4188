#pragma once

#include <absl/status/statusor.h>

#include "libs/storage/database.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/contact_store.h"

namespace portico::contact {

// What the winner of a merge becomes: it keeps what it has, and takes from the loser what it lacks.
v1::Contact Merged(const v1::Contact& winner, const v1::Contact& loser);

// Merges contacts. Thread-safe. Answers storage's errors too.
class ContactMerger {
 public:
  explicit ContactMerger(ContactStore& contacts) : contacts_(contacts) {}

  // As the RPC says: all of it in one transaction, with ContactsMerged.
  // NOT_FOUND, ABORTED, FAILED_PRECONDITION: as the RPC.
  absl::StatusOr<v1::Contact> Merge(const v1::MergeContactsRequest& request) const;

  // What the merge of two accounts means for the contacts of the loser: they go over to the winner.
  // A primary billing contact becomes a secondary one where the winner has its own.
  absl::Status MoveAll(storage::Session& session, const std::string& from_account,
                       const std::string& to_account) const;

 private:
  absl::Status MovePortalUsers(storage::Session& session, const v1::Contact& winner,
                               const v1::Contact& loser) const;

  ContactStore& contacts_;
};

}  // namespace portico::contact
