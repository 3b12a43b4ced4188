#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <vector>

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

  // Makes the loser's id another name for the account that stays, moves what the loser has to that,
  // and answers it. That is one transaction, but for sites and invoices beyond a few hundred: these
  // MoveOn moves.
  // NOT_FOUND: there is none with one of the ids. ABORTED: an etag is stale.
  // FAILED_PRECONDITION with reason ACCOUNT_MERGED: one of them was merged into another account;
  // or CONTACTS_PENDING: contacts that were asked for with the loser are not created yet;
  // or SUM_TOO_LARGE: an amount of both is more than a field holds.
  // INVALID_ARGUMENT: both are the same.
  // Besides that, storage's errors.
  absl::StatusOr<v1::Account> Merge(const v1::MergeAccountsRequest& request);

  // The step of a BackgroundLoop: moves a batch of what merges left, and answers how long to rest.
  // Several processes may do so at once.
  absl::Duration MoveOn();

  // Moves one site ahead of the others, if its account was merged.
  absl::Status MoveSite(const std::string& id);

 private:
  absl::StatusOr<v1::Account> Merge(storage::Session& session,
                                    const v1::MergeAccountsRequest& request);
  // Itself, not what it was merged into.
  absl::StatusOr<v1::Account> Find(storage::Session& session, const std::string& field,
                                   const std::string& id) const;
  absl::Status Join(storage::Session& session, v1::Account& winner, v1::Account& loser);
  // Moves as many as are moved at a time, and answers whether there may be more.
  absl::StatusOr<bool> MoveSome(storage::Session& session, const std::string& loser_id,
                                const std::string& winner_id);
  absl::Status Move(storage::Session& session, std::vector<v1::Site> sites,
                    const std::string& winner_id);

  Stores& stores_;
  PendingContactsStore& pending_;
  events::EventLog& events_;
  const Clock& clock_;
  std::string last_failed_;  // By MoveOn.
};

}  // namespace portico::account
