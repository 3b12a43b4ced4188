#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/message_table.h"
#include "portico/account/v1/account.pb.h"
#include "portico/account/v1/portal_options.pb.h"
#include "portico/account/v1/setup.pb.h"
#include "services/invitation/stale_recipients.h"

namespace portico::invitation {

// The projection of the account service's events: what bulk sends choose by, and what their mails
// tell of accounts. What is told late, with an earlier time, changes nothing. Recipients that a
// change may concern are noted as stale. Every call answers Session's errors. Thread-safe.
class KnownAccounts {
 public:
  explicit KnownAccounts(const StaleRecipients& stale);

  // Several of one id are told in the order of their changes.
  absl::Status SaveAccounts(storage::Session& session,
                            std::span<const account::v1::Account> accounts) const;
  absl::Status SaveSites(storage::Session& session,
                         std::span<const account::v1::Site> sites) const;
  absl::Status SaveClass(storage::Session& session, const account::v1::AccountClass& one) const;
  absl::Status SaveDivision(storage::Session& session, const account::v1::Division& one) const;
  absl::Status SaveOptions(storage::Session& session,
                           const account::v1::PortalOptions& options) const;

  // As they were told last; empty before.
  absl::StatusOr<account::v1::PortalOptions> FindOptions(storage::Session& session) const;

  // From now on the loser's id stands for the winner.
  absl::Status Merge(storage::Session& session, std::string_view loser_id,
                     std::string_view winner_id) const;

  // By each of `ids` that is known, the account that it stands for.
  absl::StatusOr<std::map<std::string, account::v1::Account>> Find(
      storage::Session& session, std::span<const std::string> ids) const;

  // The site sources of accounts, by their ids, as JoinSources.
  absl::StatusOr<std::map<std::string, std::string>> SourcesOfAccounts(
      storage::Session& session, std::span<const std::string> account_ids) const;
  // The same of sites; "" for one without.
  absl::StatusOr<std::map<std::string, std::string>> SourcesOfSites(
      storage::Session& session, std::span<const std::string> site_ids) const;

  // What the account service would answer for these accounts, set-up and all, as far as it is
  // known here.
  absl::StatusOr<account::v1::BatchGetAccountsResponse> Describe(
      storage::Session& session, std::span<const std::string> ids) const;

 private:
  const StaleRecipients& stale_;
  const storage::Table<account::v1::Account> accounts_;
  const storage::Table<account::v1::Site> sites_;
  const storage::Table<account::v1::AccountClass> classes_;
  const storage::Table<account::v1::Division> divisions_;

  absl::StatusOr<std::map<std::string, account::v1::Account>> FindRows(
      storage::Session& session, std::span<const std::string> ids) const;
  absl::Status GatherSources(storage::Session& session,
                             std::span<const std::string> account_ids) const;
};

}  // namespace portico::invitation
