#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::account {

// Contacts that were asked for with their account, until the contact service has made or refused
// them.
struct PendingContacts {
  contact::v1::CreateContactsRequest request;
  int64_t attempts = 0;  // Of the sweep.
};

// Keeps them. Thread-safe. All calls answer storage's errors.
class PendingContactsStore {
 public:
  PendingContactsStore(storage::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  // In the transaction that creates their account. Their request has a minute before they are due.
  absl::Status Insert(storage::Session& session, const contact::v1::CreateContactsRequest& request);

  // Whether the account has some.
  absl::StatusOr<bool> Has(storage::Session& session, const std::string& account_id) const;

  // The contact service has the contacts of this account.
  absl::Status Remove(const std::string& account_id);

  // It does not make them: of them nothing is kept but that they were refused, for as long as their
  // request may be repeated.
  absl::Status Refuse(const std::string& account_id);

  // If they were refused, they are pending again: their request was repeated.
  // FAILED_PRECONDITION with reason ACCOUNT_MERGED: their account is another's name meanwhile.
  absl::Status Reopen(const contact::v1::CreateContactsRequest& request);

  // Those that are due, the longest due first.
  absl::StatusOr<std::vector<PendingContacts>> ListDue(int limit);

  // Makes them due again in `delay`, an hour at most, with one attempt more.
  absl::Status Postpone(const PendingContacts& pending, absl::Duration delay);

 private:
  storage::Database& database_;
  const Clock& clock_;
};

}  // namespace portico::account
