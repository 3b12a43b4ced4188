#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libs/storage/session.h"
#include "services/invitation/commit_signal.h"

namespace portico::invitation {

// Notes of the recipients that RecipientProjection has to look at again. A note is made in the
// transaction of the change that calls for it, and costs it an insert; the looking is done for
// many at once, by one thread, so that writers do not meet on the counts. Every call answers
// Session's errors. Thread-safe.
class StaleRecipients {
 public:
  // `signal` is raised when a note is committed.
  explicit StaleRecipients(CommitSignal& signal) : signal_(signal) {}

  absl::Status Add(storage::Session& session, std::span<const std::string> contact_ids) const;
  // All contacts of these accounts that there are now.
  absl::Status AddAccounts(storage::Session& session,
                           std::span<const std::string> account_ids) const;
  // All who have this address, as mail::AddressKey writes it.
  absl::Status AddAddress(storage::Session& session, std::string_view address_key) const;

  // Takes the notes of up to `limit` contacts, those of accounts only when there are no others.
  // Empty: there are none.
  absl::StatusOr<std::vector<std::string>> Take(storage::Session& session, int64_t limit) const;

 private:
  void RaiseAfterCommit(storage::Session& session) const;
  absl::StatusOr<std::vector<std::string>> TakeOfAccount(storage::Session& session,
                                                         int64_t limit) const;

  CommitSignal& signal_;
};

}  // namespace portico::invitation
