#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "portico/account/v1/account.pb.h"
#include "services/account/pending_contacts.h"
#include "services/account/stores.h"

namespace portico::account {

// Merges accounts that were entered twice. Thread-safe.
class AccountMerge {
 public:
  AccountMerge(Stores& stores, PendingContactsStore& pending, events::EventLog& events,
               const Clock& clock)
      : stores_(stores), pending_(pending), events_(events), clock_(clock) {}

  // Moves all that the loser has to the account that stays, makes the loser's id another name for
  // that, and answers it: in one transaction, whose memory does not grow with the accounts.
  // NOT_FOUND: there is none with one of the ids. ABORTED: an etag is stale.
  // FAILED_PRECONDITION with reason ACCOUNT_MERGED: one of them was merged into another account;
  // or CONTACTS_PENDING: contacts that were asked for with the loser are not created yet.
  // INVALID_ARGUMENT: both are the same.
  // Besides that, storage's errors.
  absl::StatusOr<v1::Account> Merge(const v1::MergeAccountsRequest& request);

 private:
  absl::StatusOr<v1::Account> Merge(storage::Session& session,
                                    const v1::MergeAccountsRequest& request);
  // Itself, not what it was merged into.
  absl::StatusOr<v1::Account> Find(storage::Session& session, const std::string& field,
                                   const std::string& id) const;
  absl::Status Join(storage::Session& session, v1::Account& winner, v1::Account& loser);

  Stores& stores_;
  PendingContactsStore& pending_;
  events::EventLog& events_;
  const Clock& clock_;
};

}  // namespace portico::account
