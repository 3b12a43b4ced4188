#include "services/contact/contact_import.h"

#include <absl/strings/str_cat.h>

#include <set>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "portico/account/v1/account.pb.h"
#include "services/contact/account_directory.h"

namespace portico::contact {

using account::v1::BatchGetAccountsRequest;
using account::v1::BatchGetAccountsResponse;
using account::v1::BatchGetSitesRequest;
using account::v1::BatchGetSitesResponse;

namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

// How a row names its account.
std::string AccountKey(const v1::ImportContactRow& row) {
  if (!row.contact().account_id().empty()) return absl::StrCat("id:", row.contact().account_id());
  if (!row.account_number().empty()) return absl::StrCat("number:", row.account_number());
  if (!row.account_external_id().empty()) {
    return absl::StrCat("external:", row.account_external_id());
  }
  return "";
}

bool NamesAccountTwice(const v1::ImportContactRow& row) {
  return !row.contact().account_id().empty() + !row.account_number().empty() +
             !row.account_external_id().empty() >
         1;
}

}  // namespace

absl::StatusOr<bool> ContactImport::Take(google::protobuf::Message& request,
                                         google::protobuf::Message& answer) {
  auto& message = static_cast<v1::ImportContactsRequest&>(request);
  if (!begun_) {
    RETURN_IF_ERROR(TakeOptions(message));
    return false;
  }
  if (message.has_options()) {
    return rpc::InvalidField("options", "got options again, want them in the first message only");
  }
  std::vector<Row> rows;
  int64_t last = progress_.line();
  for (Row& row : *message.mutable_rows()) {
    // What an answer tells holds only if they rise.
    if (row.line() <= last) {
      return rpc::InvalidField(absl::StrCat("rows[", rows.size(), "].line"),
                               absl::StrCat("got ", row.line(), ", want more than ", last));
    }
    last = row.line();
    rows.push_back(std::move(row));
  }
  progress_.clear_refusals();
  RETURN_IF_ERROR(TakeRows(std::move(rows)));
  static_cast<v1::ImportContactsResponse&>(answer) = progress_;
  return true;
}

absl::StatusOr<bool> ContactImport::End(google::protobuf::Message&) { return false; }

absl::Status ContactImport::TakeOptions(const v1::ImportContactsRequest& request) {
  if (!request.has_options() || request.rows_size() > 0) {
    return rpc::InvalidField("options", "got none, want the options, alone, in the first message");
  }
  options_.validate_only = request.options().validate_only();
  options_.without_invitation = request.options().without_invitation();
  ASSIGN_OR_RETURN(options_.always,
                   rpc::FieldsOfMask(request.options().update_mask(), *v1::Contact::descriptor()));
  begun_ = true;
  return absl::OkStatus();
}

absl::Status ContactImport::TakeRows(std::vector<Row> rows) {
  const int64_t last = rows.empty() ? progress_.line() : rows.back().line();
  ASSIGN_OR_RETURN(std::vector<ContactUpsert::Row> resolved, Resolve(CheckEach(std::move(rows))));
  ASSIGN_OR_RETURN(const std::vector<ContactUpsert::Result> results,
                   upsert_.Run(std::move(resolved), options_));
  for (const ContactUpsert::Result& result : results) {
    switch (result.outcome) {
      case ContactUpsert::Outcome::kCreated:
        progress_.set_created(progress_.created() + 1);
        break;
      case ContactUpsert::Outcome::kUpdated:
        progress_.set_updated(progress_.updated() + 1);
        break;
      case ContactUpsert::Outcome::kUnchanged:
        progress_.set_unchanged(progress_.unchanged() + 1);
        break;
      case ContactUpsert::Outcome::kRefused:
        Refuse(result.line, result.wrong);
        break;
    }
  }
  progress_.set_line(last);
  return absl::OkStatus();
}

std::vector<ContactImport::Row> ContactImport::CheckEach(std::vector<Row> rows) {
  std::vector<Row> good;
  std::set<std::string> external_ids;
  for (Row& row : rows) {
    // Would never be kept, and thus differ from what is.
    row.DiscardUnknownFields();
    if (absl::Status wrong = rules_.Check(row); !wrong.ok()) {
      Refuse(row.line(), wrong);
    } else if (row.contact().external_id().empty()) {
      Refuse(row.line(), "contact.external_id", "got nothing, want a value");
    } else if (AccountKey(row).empty()) {
      Refuse(row.line(), "contact.account_id",
             "got nothing, want it, account_number or account_external_id");
    } else if (NamesAccountTwice(row)) {
      Refuse(row.line(), "contact.account_id",
             "got it besides account_number or account_external_id, want one of them");
    } else if (!external_ids.insert(row.contact().external_id()).second) {
      Refuse(row.line(), "contact.external_id", "got that of a row shortly before, want another");
    } else {
      good.push_back(std::move(row));
    }
  }
  return good;
}

absl::StatusOr<std::vector<ContactUpsert::Row>> ContactImport::Resolve(std::vector<Row> rows) {
  RETURN_IF_ERROR(LearnAccounts(rows));
  ASSIGN_OR_RETURN(const SitesNamed sites, FindSites(rows));
  std::vector<ContactUpsert::Row> resolved;
  for (Row& row : rows) {
    const Account* account = AccountOf(row);
    if (account == nullptr) {
      const std::string key = AccountKey(row);
      const size_t colon = key.find(':');
      Refuse(row.line(),
             key[0] == 'i'   ? "contact.account_id"
             : key[0] == 'n' ? "account_number"
                             : "account_external_id",
             absl::StrCat("got ", rpc::Quoted(key.substr(colon + 1)),
                          ", want that of an existing account"));
      continue;
    }
    v1::Contact& contact = *row.mutable_contact();
    contact.set_account_id(account->id);
    if (!row.site_number().empty()) {
      const auto site = sites.ids.find({account->named_id, row.site_number()});
      if (site == sites.ids.end()) {
        Refuse(row.line(), "site_number",
               absl::StrCat("got ", rpc::Quoted(row.site_number()),
                            ", want that of a site of the account"));
        continue;
      }
      contact.set_site_id(site->second);
    } else if (!contact.site_id().empty()) {
      const auto of = sites.accounts.find(contact.site_id());
      if (of == sites.accounts.end() || of->second != account->id) {
        Refuse(
            row.line(), "contact.site_id",
            absl::StrCat("got ", rpc::Quoted(contact.site_id()), ", want a site of the account"));
        continue;
      }
    }
    resolved.push_back({.line = row.line(),
                        .contact = std::move(contact),
                        .named_account_id = account->named_id,
                        .invoices_by_email = account->invoices_by_email});
  }
  return resolved;
}

// Asks for those accounts that no message before named.
absl::Status ContactImport::LearnAccounts(const std::vector<Row>& rows) {
  // An import may name a million accounts.
  constexpr size_t kMostKnown = 10'000;
  if (accounts_.size() > kMostKnown) accounts_.clear();
  BatchGetAccountsRequest request;
  std::set<std::string> asked;
  for (const Row& row : rows) {
    const std::string key = AccountKey(row);
    if (accounts_.contains(key) || !asked.insert(key).second) continue;
    const std::string value = key.substr(key.find(':') + 1);
    if (key[0] == 'i') {
      request.add_ids(value);
    } else if (key[0] == 'n') {
      request.add_numbers(value);
    } else {
      request.add_external_ids(value);
    }
  }
  if (asked.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const BatchGetAccountsResponse response,
                   account_service_.Call<BatchGetAccountsResponse>(request, kTimeout));
  for (const std::string& key : asked) accounts_[key] = nullptr;
  std::map<std::string, std::shared_ptr<Account>> by_id;
  for (const account::v1::Account& found : response.accounts()) {
    const auto account = std::make_shared<Account>();
    account->id = found.id();
    account->named_id = found.id();
    account->invoices_by_email = InvoicesGoByEmail(found.invoice_delivery());
    by_id[found.id()] = account;
    for (const std::string& key :
         {absl::StrCat("id:", found.id()), absl::StrCat("number:", found.number()),
          absl::StrCat("external:", found.external_id())}) {
      if (asked.contains(key)) accounts_[key] = account;
    }
  }
  // An account that was merged is another name for the one that stayed, which came with it.
  for (const account::v1::Account& found : response.accounts()) {
    const auto stays = by_id.find(found.merged_into_id());
    if (stays == by_id.end()) continue;
    *by_id[found.id()] = *stays->second;
    by_id[found.id()]->named_id = found.id();
  }
  return absl::OkStatus();
}

absl::StatusOr<ContactImport::SitesNamed> ContactImport::FindSites(const std::vector<Row>& rows) {
  BatchGetSitesRequest request;
  std::set<std::pair<std::string, std::string>> asked;
  for (const Row& row : rows) {
    const Account* account = AccountOf(row);
    if (account == nullptr) continue;
    if (!row.site_number().empty()) {
      if (!asked.emplace(account->named_id, row.site_number()).second) continue;
      account::v1::SiteName& name = *request.add_names();
      name.set_account_id(account->named_id);
      name.set_number(row.site_number());
    } else if (!row.contact().site_id().empty() &&
               asked.emplace("", row.contact().site_id()).second) {
      request.add_ids(row.contact().site_id());
    }
  }
  SitesNamed sites;
  if (asked.empty()) return sites;
  ASSIGN_OR_RETURN(const BatchGetSitesResponse response,
                   account_service_.Call<BatchGetSitesResponse>(request, kTimeout));
  for (const account::v1::Site& site : response.sites()) {
    sites.accounts[site.id()] = site.account_id();
  }
  for (const account::v1::NamedSite& named : response.named()) {
    sites.ids[{named.name().account_id(), named.name().number()}] = named.site_id();
  }
  return sites;
}

const ContactImport::Account* ContactImport::AccountOf(const Row& row) const {
  const auto found = accounts_.find(AccountKey(row));
  return found == accounts_.end() ? nullptr : found->second.get();
}

void ContactImport::Refuse(int64_t line, std::string_view field, std::string_view reason) {
  v1::ImportRefusal& refusal = *progress_.add_refusals();
  refusal.set_line(line);
  refusal.set_field(std::string(field));
  refusal.set_reason(std::string(reason));
  progress_.set_refused(progress_.refused() + 1);
}

void ContactImport::Refuse(int64_t line, const absl::Status& wrong) {
  const std::vector<rpc::FieldViolation> violations = rpc::ViolationsOf(wrong);
  if (violations.empty()) return Refuse(line, "", std::string(wrong.message()));
  Refuse(line, violations.front().field, violations.front().description);
}

}  // namespace portico::contact
