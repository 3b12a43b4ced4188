#include "services/contact/account_directory.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/errors.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"
#include "services/contact/folded_text.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

using account::v1::BatchGetAccountsRequest;
using account::v1::BatchGetAccountsResponse;
using account::v1::BatchGetSitesRequest;
using account::v1::BatchGetSitesResponse;
using account::v1::GetAccountRequest;
using account::v1::GetAccountResponse;
using account::v1::GetSiteRequest;
using account::v1::GetSiteResponse;

using google::protobuf::util::TimeUtil;

constexpr char kNotKnown[] = "REFERENCE_NOT_KNOWN";
constexpr absl::Duration kTimeout = absl::Seconds(2);
// Of accounts that are asked for together.
constexpr int64_t kBatch = 500;

absl::Status NotKnown() {
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, kNotKnown,
                              "the contact's account or site is not known here yet");
}

// What an error of the account service means to the caller of this one.
absl::Status Explain(const absl::Status& error, const char* field, const std::string& id,
                     const char* want) {
  if (absl::IsNotFound(error)) {
    return rpc::InvalidField(field, absl::StrCat("got ", rpc::Quoted(id), ", want ", want));
  }
  log::Warn("the account service does not answer", {{"error", std::string(error.message())}});
  return absl::UnavailableError(
      absl::StrCat(field, ": cannot be looked up, as the account service does not answer"));
}

}  // namespace

bool InvoicesGoByEmail(int64_t invoice_delivery) {
  return invoice_delivery == account::v1::INVOICE_DELIVERY_EMAIL ||
         invoice_delivery == account::v1::INVOICE_DELIVERY_EMAIL_WITH_LINK;
}

absl::Status AccountDirectory::Check(storage::Session& session, const v1::Contact& before,
                                     const v1::Contact& after) const {
  const bool moved =
      after.account_id() != before.account_id() || after.site_id() != before.site_id();
  const bool wants_invoices =
      after.receive_invoice_notifications() && !before.receive_invoice_notifications();
  if (!moved && !wants_invoices) return absl::OkStatus();

  ASSIGN_OR_RETURN(
      const auto row,
      (session.SelectOne<int64_t, std::string, std::optional<std::string>>(
          absl::StrCat("select known_account.invoice_delivery, known_account.merged_into_id, ",
                       kAccountOfSite,
                       " from known_account left join known_site on known_site.id = :site_id "
                       "where known_account.id = :account_id"),
          after.site_id(), after.account_id())));
  const bool has_site = !after.site_id().empty();
  if (!row.has_value()) return NotKnown();
  const auto& [invoice_delivery, merged_into_id, account_of_site] = *row;
  if (!merged_into_id.empty() && after.account_id() != before.account_id()) {
    return rpc::ErrorWithReason(
        absl::StatusCode::kFailedPrecondition, "ACCOUNT_MERGED",
        absl::StrCat("contact.account_id: got ", rpc::Quoted(after.account_id()),
                     ", which was merged into ", rpc::Quoted(merged_into_id)),
        {{"field", "contact.account_id"}, {"merged_into_id", merged_into_id}});
  }
  if (has_site && !account_of_site.has_value()) return NotKnown();
  rpc::FieldErrors errors;
  const std::string& standing = merged_into_id.empty() ? after.account_id() : merged_into_id;
  if (has_site && account_of_site != standing) {
    errors.Add("contact.site_id", absl::StrCat("got ", rpc::Quoted(after.site_id()),
                                               ", want an existing site of the account"));
  }
  if (wants_invoices && !InvoicesGoByEmail(invoice_delivery)) {
    errors.Add("contact.receive_invoice_notifications",
               "got true, want false, as the account's invoices do not go by e-mail");
  }
  return errors.ToStatus();
}

absl::Status AccountDirectory::CheckSites(storage::Session& session,
                                          const v1::Contact& contact) const {
  const std::vector<std::string> wanted(contact.portal_site_ids().begin(),
                                        contact.portal_site_ids().end());
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string>(
                       absl::StrCat("select id, ", kAccountOfSite, " from known_site where ",
                                    session.IsAmong("id", ":ids")),
                       storage::ListOf(wanted))));
  ASSIGN_OR_RETURN(const std::string standing, Standing(session, contact.account_id()));
  std::map<std::string, std::string> account_of;
  for (const auto& [id, account_id] : rows) account_of[id] = account_id;
  for (const std::string& id : wanted) {
    const auto known = account_of.find(id);
    if (known == account_of.end()) return NotKnown();
    const bool granted = contact.site_id().empty() || contact.site_id() == id;
    if (known->second != standing || !granted) {
      return rpc::InvalidField(
          "portal_access.site_ids",
          absl::StrCat("got ", rpc::Quoted(id), ", want ",
                       granted ? "existing sites of the account" : "only the site of the contact"));
    }
  }
  return absl::OkStatus();
}

bool AccountDirectory::IsNotKnown(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) && rpc::ReasonOf(status) == kNotKnown;
}

absl::Status AccountDirectory::Learn(const std::string& account_id, const std::string& site_id) {
  GetAccountRequest account_request;
  account_request.set_id(account_id);
  const auto account = account_service_.Call<GetAccountResponse>(account_request, kTimeout);
  if (!account.ok()) {
    return Explain(account.status(), "contact.account_id", account_id, "an existing account");
  }
  // The id of an account that was merged answers the one that stayed.
  const bool was_merged = account->account().id() != account_id;
  if (!site_id.empty() && !was_merged) {
    GetSiteRequest site_request;
    site_request.set_account_id(account_id);
    site_request.set_id(site_id);
    const auto site = account_service_.Call<GetSiteResponse>(site_request, kTimeout);
    if (!site.ok()) {
      return Explain(site.status(), "contact.site_id", site_id, "an existing site of the account");
    }
  }
  // What an event has brought meanwhile is newer than these answers may be.
  return database_.Write([&](storage::Session& session) -> absl::Status {
    RETURN_IF_ERROR(session
                        .Execute("insert into known_account (id, invoice_delivery) "
                                 "values (:id, :invoice_delivery) on conflict do nothing",
                                 account->account().id(), account->account().invoice_delivery())
                        .status());
    RETURN_IF_ERROR(
        SaveNumber(session, account->account().id(), account->account().number(), From::kAnswer));
    if (was_merged) return SaveMerge(session, account_id, account->account().id()).status();
    if (site_id.empty()) return absl::OkStatus();
    return session
        .Execute(
            "insert into known_site (id, account_id) values (:id, :account_id) "
            "on conflict do nothing",
            site_id, account_id)
        .status();
  });
}

absl::StatusOr<std::string> AccountDirectory::Standing(const std::string& account_id) {
  return database_.ReadOne(
      [&](storage::Session& session) { return Standing(session, account_id); });
}

absl::StatusOr<std::string> AccountDirectory::Standing(storage::Session& session,
                                                       const std::string& account_id) const {
  ASSIGN_OR_RETURN(const auto merged,
                   session.SelectOne<std::string>("select merged_into_id from known_account "
                                                  "where id = :id and merged_into_id <> ''",
                                                  account_id));
  return merged.has_value() ? std::get<0>(*merged) : account_id;
}

absl::StatusOr<std::string> AccountDirectory::Existing(const std::string& account_id) {
  ASSIGN_OR_RETURN(const auto known, database_.ReadOne([&](storage::Session& session) {
    return session.SelectOne<std::string>("select id from known_account where id = :id",
                                          account_id);
  }));
  if (!known.has_value()) {
    const absl::Status learnt = Learn(account_id, "");
    if (absl::IsInvalidArgument(learnt)) {
      return absl::NotFoundError(
          absl::StrCat("account_id: got ", rpc::Quoted(account_id), ", want an existing account"));
    }
    RETURN_IF_ERROR(learnt);
  }
  return Standing(account_id);
}

absl::Status AccountDirectory::LearnSitesOf(const std::string& account_id,
                                            const std::vector<std::string>& site_ids) {
  BatchGetSitesRequest request;
  for (const std::string& id : site_ids) request.add_ids(id);
  const auto response = account_service_.Call<BatchGetSitesResponse>(request, kTimeout);
  if (!response.ok()) {
    return Explain(response.status(), "portal_access.site_ids", account_id, "existing sites");
  }
  std::set<std::string> found;
  ASSIGN_OR_RETURN(const std::string standing, Standing(account_id));
  for (const account::v1::Site& site : response->sites()) {
    if (site.account_id() == account_id || site.account_id() == standing) found.insert(site.id());
  }
  for (const std::string& id : site_ids) {
    if (!found.contains(id)) {
      return rpc::InvalidField(
          "portal_access.site_ids",
          absl::StrCat("got ", rpc::Quoted(id), ", want ", "existing sites of the account"));
    }
  }
  return database_.Write([&](storage::Session& session) -> absl::Status {
    for (const account::v1::Site& site : response->sites()) {
      RETURN_IF_ERROR(session
                          .Execute("insert into known_site (id, account_id) "
                                   "values (:id, :account_id) on conflict do nothing",
                                   site.id(), site.account_id())
                          .status());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> AccountDirectory::Save(storage::Session& session,
                                            const account::v1::Account& account) const {
  ASSIGN_OR_RETURN(
      const int64_t changed,
      session.Execute(
          "insert into known_account (id, invoice_delivery) values (:id, :invoice_delivery) "
          "on conflict (id) do update set invoice_delivery = excluded.invoice_delivery "
          "where known_account.invoice_delivery <> excluded.invoice_delivery",
          account.id(), account.invoice_delivery()));
  RETURN_IF_ERROR(SaveNumber(session, account.id(), account.number(), From::kEvent));
  return changed > 0 && !InvoicesGoByEmail(account.invoice_delivery());
}

absl::StatusOr<bool> AccountDirectory::MayGetInvoices(storage::Session& session,
                                                      const std::string& account_id) const {
  ASSIGN_OR_RETURN(const auto known,
                   session.SelectOne<int64_t>(
                       "select invoice_delivery from known_account where id = :id", account_id));
  return !known.has_value() || InvoicesGoByEmail(std::get<0>(*known));
}

absl::Status AccountDirectory::SaveNumber(storage::Session& session, const std::string& account_id,
                                          const std::string& number, From from) const {
  const std::vector<std::string> words = NumberWords(number);
  ASSIGN_OR_RETURN(
      const int64_t changed,
      session.Execute("insert into account_number (account_id, number, number_key, number_words) "
                      "values (:account_id, :number, :key, :words) "
                      "on conflict (account_id) do update set number = excluded.number, "
                      "number_key = excluded.number_key, number_words = excluded.number_words "
                      "where account_number.number <> excluded.number "
                      "and (account_number.number = '' or :from_event = 1)",
                      account_id, number, Folded(number), TextOfWords(words),
                      from == From::kEvent));
  if (changed == 0) return absl::OkStatus();
  RETURN_IF_ERROR(
      session.Execute("delete from account_number_word where account_id = :account_id", account_id)
          .status());
  storage::RowSet rows("account_number_word", {"word", "account_id"});
  for (const std::string& word : words) rows.Add(word, account_id);
  return session.InsertRows(rows);
}

absl::Duration AccountDirectory::LearnNumbers() {
  constexpr absl::Duration kRest = absl::Hours(1);
  const auto ids = database_.ReadOne([this](storage::Session& session) {
    return session.Select<std::string>(
        "select known_account.id from known_account "
        "left join account_number on account_number.account_id = known_account.id "
        "where known_account.id > :id and coalesce(account_number.number, '') = '' "
        "order by known_account.id limit :limit",
        asked_up_to_, kBatch);
  });
  if (!ids.ok() || ids->empty()) {
    asked_up_to_.clear();
    return ids.ok() ? kRest : absl::Minutes(1);
  }
  BatchGetAccountsRequest request;
  for (const auto& [id] : *ids) request.add_ids(id);
  const auto accounts = account_service_.Call<BatchGetAccountsResponse>(request, kTimeout);
  if (!accounts.ok()) return absl::Minutes(1);
  const absl::Status saved = database_.Write([&](storage::Session& session) -> absl::Status {
    for (const auto& account : accounts->accounts()) {
      RETURN_IF_ERROR(SaveNumber(session, account.id(), account.number(), From::kAnswer));
    }
    return absl::OkStatus();
  });
  if (!saved.ok()) return absl::Minutes(1);
  // Past those that have none there either.
  asked_up_to_ = std::get<0>(ids->back());
  return absl::Milliseconds(100);
}

absl::Status AccountDirectory::Save(storage::Session& session,
                                    const account::v1::Site& site) const {
  // Of what comes late, the account it was merged from tells.
  return session
      .Execute(
          "insert into known_site (id, account_id, update_time) "
          "values (:id, :account_id, :update_time) on conflict (id) do update set "
          "account_id = excluded.account_id, update_time = excluded.update_time "
          "where excluded.update_time >= known_site.update_time",
          site.id(), site.account_id(), TimeUtil::TimestampToMicroseconds(site.update_time()))
      .status();
}

absl::StatusOr<std::string> AccountDirectory::SaveMerge(storage::Session& session,
                                                        const std::string& loser_id,
                                                        const std::string& winner_id) const {
  ASSIGN_OR_RETURN(const std::string stays, Standing(session, winner_id));
  RETURN_IF_ERROR(session
                      .Execute("insert into known_account (id, invoice_delivery, merged_into_id) "
                               "values (:loser, 0, :winner) on conflict (id) do update "
                               "set merged_into_id = excluded.merged_into_id",
                               loser_id, stays)
                      .status());
  // Whatever was merged into the loser is the winner's now.
  RETURN_IF_ERROR(session
                      .Execute("update known_account set merged_into_id = :winner "
                               "where merged_into_id <> '' and merged_into_id = :loser",
                               stays, loser_id)
                      .status());
  return stays;
}

absl::StatusOr<std::map<std::string, AccountDirectory::Known>> AccountDirectory::Find(
    storage::Session& session, const std::vector<std::string>& ids) const {
  using Row = std::tuple<std::string, std::string, int64_t>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string, int64_t>(
                       absl::StrCat("select id, merged_into_id, invoice_delivery "
                                    "from known_account where ",
                                    session.IsAmong("id", ":ids")),
                       storage::ListOf(ids))));
  std::map<std::string, Known> known;
  for (const auto& [id, merged_into_id, invoice_delivery] : rows) {
    known[id] = {.merged_into_id = merged_into_id,
                 .invoices_by_email = InvoicesGoByEmail(invoice_delivery)};
  }
  return known;
}

}  // namespace portico::contact
