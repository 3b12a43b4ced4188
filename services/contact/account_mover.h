#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <string>

#include "libs/storage/database.h"
#include "portico/account/v1/account.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/contact_rows.h"

namespace portico::contact {

// What a change of an account means for its contacts. Thread-safe, apart from Step. Besides what is
// said, all answer Session's errors.
class AccountMover {
 public:
  AccountMover(storage::Database& database, const ContactRows& rows,
               const AccountDirectory& accounts)
      : database_(database), rows_(rows), accounts_(accounts) {}

  // The contacts of an account that was merged into another go over to that. A primary billing
  // contact becomes a secondary one where the other account has its own. Few go at once, and Step
  // does the rest; it is in the history of all of either account's. Told again, it does nothing.
  absl::Status Merge(storage::Session& session, const std::string& loser_id,
                     const std::string& winner_id) const;

  // Moves some of those that are left, and answers how long to rest until there may be more: the
  // step of a BackgroundLoop, of one thread.
  absl::Duration Step();

  // Where an account's invoices do not go by e-mail any more, none of its contacts gets them so.
  // Likewise.
  absl::Status EndInvoicesByEmail(storage::Session& session, const std::string& account_id) const;

 private:
  // These do some of it, and answer whether that were all.
  absl::StatusOr<bool> MoveSome(storage::Session& session, const std::string& from_account,
                                const std::string& to_account) const;
  absl::StatusOr<bool> EndSome(storage::Session& session, const std::string& account_id) const;
  // Leaves the rest to Step.
  absl::Status Leave(storage::Session& session, const std::string& from_account,
                     const std::string& to_account) const;

  storage::Database& database_;
  const ContactRows& rows_;
  const AccountDirectory& accounts_;
  std::string last_failed_;  // By Step.
};

}  // namespace portico::contact
