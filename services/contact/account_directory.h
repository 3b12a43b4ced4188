#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <map>
#include <string>
#include <vector>

#include "libs/rpc/peer.h"
#include "libs/storage/database.h"
#include "portico/account/v1/account.pb.h"
#include "portico/contact/v1/contact.pb.h"

namespace portico::contact {

// Whether such a delivery, a number of the proto's, is by e-mail.
bool InvoicesGoByEmail(int64_t invoice_delivery);

// What this service knows of the accounts and sites that contacts belong to.
// They are the account service's: its events keep them here (AccountEvents), and
// it is asked only for what these have not brought yet. Accounts and sites are
// never deleted. Thread-safe. Besides the errors below, all answer storage's.
class AccountDirectory {
 public:
  // The account of a row of known_site, whose own may have been merged before it goes over.
  static constexpr char kAccountOfSite[] =
      "coalesce((select of_site.merged_into_id from known_account as of_site "
      "where of_site.id = known_site.account_id and of_site.merged_into_id <> ''), "
      "known_site.account_id)";

  AccountDirectory(storage::Database& database, rpc::Peer& account_service)
      : database_(database), account_service_(account_service) {}

  // Checks, as far as `after` differs from `before`, that its account and site
  // exist, the site is one of the account, and invoice notifications are wanted
  // only where the account's invoices go by e-mail. `before` is a default
  // instance for a new contact.
  // INVALID_ARGUMENT: one of these does not hold.
  // FAILED_PRECONDITION, ACCOUNT_MERGED: the account is only another name for one.
  // An error for which IsNotKnown holds: the account or site is not known here.
  // After Learn the check can answer.
  absl::Status Check(storage::Session& session, const v1::Contact& before,
                     const v1::Contact& after) const;
  // INVALID_ARGUMENT: one of the sites that the contact may see is not its account's, or, for a
  // contact of one site, is another one.
  absl::Status CheckSites(storage::Session& session, const v1::Contact& contact) const;
  // An error for which IsNotKnown holds: a site is not known here; LearnSitesOf helps.
  static bool IsNotKnown(const absl::Status& status);

  // Asks the account service for an account and a site of it (may be empty).
  // INVALID_ARGUMENT: the account does not exist, or has no such site.
  // UNAVAILABLE: the account service does not answer.
  absl::Status Learn(const std::string& account_id, const std::string& site_id);

  // As Standing below.
  absl::StatusOr<std::string> Standing(const std::string& account_id);
  // The same of one that exists, which is asked for where it is not known.
  // NOT_FOUND: it does not. UNAVAILABLE: the account service does not answer.
  absl::StatusOr<std::string> Existing(const std::string& account_id);

  // Asks it for sites of an account. INVALID_ARGUMENT: one of `site_ids` is none of them.
  absl::Status LearnSitesOf(const std::string& account_id,
                            const std::vector<std::string>& site_ids);

  // Asks for the numbers of some accounts that are known without, and answers how long to rest
  // until there may be more: the step of a BackgroundLoop, of one thread.
  absl::Duration LearnNumbers();

  // Notes the number of a new account, whose event has not come yet.
  absl::Status SaveNew(storage::Session& session, const std::string& account_id,
                       const std::string& number) const {
    return SaveNumber(session, account_id, number, From::kAnswer);
  }

  // Notes what an event tells. Of an account: answers whether that its invoices do not go by e-mail
  // is news.
  absl::StatusOr<bool> Save(storage::Session& session, const account::v1::Account& account) const;
  absl::Status Save(storage::Session& session, const account::v1::Site& site) const;
  // Answers the account that the loser is another name for now: the winner may have been merged
  // since.
  absl::StatusOr<std::string> SaveMerge(storage::Session& session, const std::string& loser_id,
                                        const std::string& winner_id) const;
  // Whether invoices go by e-mail, as far as is known.
  absl::StatusOr<bool> MayGetInvoices(storage::Session& session,
                                      const std::string& account_id) const;
  // What is known of those of `ids` that are known.
  struct Known {
    std::string merged_into_id;
    bool invoices_by_email = false;
  };
  absl::StatusOr<std::map<std::string, Known>> Find(storage::Session& session,
                                                    const std::vector<std::string>& ids) const;
  // The account that this id stands for: itself, or what it was merged into, as far as is known.
  absl::StatusOr<std::string> Standing(storage::Session& session,
                                       const std::string& account_id) const;

 private:
  // Whether an answer may be older than what is known, or an event has brought it.
  enum class From { kAnswer, kEvent };
  absl::Status SaveNumber(storage::Session& session, const std::string& account_id,
                          const std::string& number, From from) const;

  storage::Database& database_;
  rpc::Peer& account_service_;
  std::string asked_up_to_;  // By LearnNumbers.
};

}  // namespace portico::contact
