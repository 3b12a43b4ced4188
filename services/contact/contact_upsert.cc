#include "services/contact/contact_upsert.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/message_differencer.h>

#include <set>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "libs/storage/id_list.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_rules.h"
#include "services/contact/field_changes.h"

namespace portico::contact {

using google::protobuf::util::MessageDifferencer;
using storage::Session;

// What there is, and what is to be written.
struct ContactUpsert::Batch {
  std::map<std::string, v1::Contact> by_external_id;
  std::map<std::string, std::string> primary_of;  // The primary billing contacts, by account.
  std::map<std::string, AccountDirectory::Known> accounts;  // Of contacts that there are.

  // Whether the account of a contact is that of a row, though it may not have gone over yet.
  bool IsOf(const v1::Contact& contact, const Row& row) const {
    if (contact.account_id() == row.contact.account_id()) return true;
    if (contact.account_id() == row.named_account_id) return true;
    const auto account = accounts.find(contact.account_id());
    return account != accounts.end() && account->second.merged_into_id == row.contact.account_id();
  }

  std::vector<v1::Contact> created, updated;
  std::vector<v1::Activity> activities;
  std::vector<events::Draft> drafts;
};

absl::StatusOr<std::vector<ContactUpsert::Result>> ContactUpsert::Run(
    std::vector<Row> rows, const Options& options) const {
  using Results = std::vector<Result>;
  const auto work = [&](Session& session) -> absl::StatusOr<Results> {
    RETURN_IF_ERROR(FollowAccounts(session, rows));
    ASSIGN_OR_RETURN(Batch batch, Read(session, rows));
    Results results;
    for (const Row& row : rows) results.push_back(Judge(row, options, batch));
    if (!options.validate_only) RETURN_IF_ERROR(Write(session, batch));
    return results;
  };
  if (options.validate_only) return database_.Read(work);
  auto results = database_.Write(work);
  if (absl::IsAlreadyExists(results.status())) {
    return absl::UnavailableError("the rows met another write: send them again");
  }
  return results;
}

absl::Status ContactUpsert::FollowAccounts(Session& session, std::vector<Row>& rows) const {
  std::set<std::string> ids, winners;
  for (const Row& row : rows) ids.insert(row.contact.account_id());
  ASSIGN_OR_RETURN(auto known, accounts_.Find(session, {ids.begin(), ids.end()}));
  for (const auto& [id, account] : known) {
    if (!account.merged_into_id.empty()) winners.insert(account.merged_into_id);
  }
  if (!winners.empty()) {
    ASSIGN_OR_RETURN(auto more, accounts_.Find(session, {winners.begin(), winners.end()}));
    known.merge(more);
  }
  for (Row& row : rows) {
    auto account = known.find(row.contact.account_id());
    if (account != known.end() && !account->second.merged_into_id.empty()) {
      row.contact.set_account_id(account->second.merged_into_id);
      account = known.find(row.contact.account_id());
    }
    if (account != known.end()) row.invoices_by_email = account->second.invoices_by_email;
  }
  return absl::OkStatus();
}

absl::StatusOr<ContactUpsert::Batch> ContactUpsert::Read(Session& session,
                                                         const std::vector<Row>& rows) const {
  Batch batch;
  std::vector<std::string> external_ids, accounts;
  for (const Row& row : rows) {
    external_ids.push_back(row.contact.external_id());
    if (row.contact.billing_contact() == v1::BILLING_CONTACT_PRIMARY) {
      accounts.push_back(row.contact.account_id());
    }
  }
  ASSIGN_OR_RETURN(std::vector<v1::Contact> found,
                   rows_.table().List(session,
                                      absl::StrCat("where external_id <> '' and ",
                                                   session.IsAmong("external_id", ":ids")),
                                      storage::ListOf(external_ids)));
  std::set<std::string> of_contacts;
  for (v1::Contact& contact : found) {
    of_contacts.insert(contact.account_id());
    batch.by_external_id[contact.external_id()] = std::move(contact);
  }
  ASSIGN_OR_RETURN(batch.accounts,
                   accounts_.Find(session, {of_contacts.begin(), of_contacts.end()}));
  if (accounts.empty()) return batch;
  using Primary = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Primary> primaries,
                   (session.Select<std::string, std::string>(
                       absl::StrCat("select account_id, id from contact where billing_contact = 2 "
                                    "and ",
                                    session.IsAmong("account_id", ":ids")),
                       storage::ListOf(accounts))));
  for (const auto& [account_id, id] : primaries) batch.primary_of[account_id] = id;
  return batch;
}

absl::Status ContactUpsert::CheckWhole(const v1::Contact& contact) const {
  v1::ImportContactRow row;
  row.set_line(1);
  *row.mutable_contact() = contact;
  return whole_.Check(row);
}

ContactUpsert::Result ContactUpsert::Judge(const Row& row, const Options& options,
                                           Batch& batch) const {
  Result result{.line = row.line};
  const auto refuse = [&result](absl::Status wrong) {
    result.wrong = std::move(wrong);
    return result;
  };
  const auto known = batch.by_external_id.find(row.contact.external_id());
  const bool exists = known != batch.by_external_id.end();
  const v1::Contact before = exists ? known->second : v1::Contact();
  v1::Contact wanted = row.contact;
  v1::Contact after = before;
  if (exists) {
    // What the person is called and reached by was said when the two were merged.
    if (!before.merged_into_id().empty()) {
      result.outcome = Outcome::kUnchanged;
      return result;
    }
    if (before.has_unlink_time()) {
      return refuse(rpc::InvalidField("contact.external_id",
                                      "got that of a contact that was unlinked, want another"));
    }
    if (!batch.IsOf(before, row)) {
      return refuse(rpc::InvalidField(
          "contact.account_id",
          absl::StrCat("got ", rpc::Quoted(wanted.account_id()), ", want ",
                       rpc::Quoted(before.account_id()), ", as a contact keeps its account")));
    }
    wanted.set_account_id(before.account_id());
    if (absl::Status wrong = rpc::CheckEtag("contact.etag", wanted.etag(), before.etag());
        !wrong.ok()) {
      return refuse(std::move(wrong));
    }
    wanted.clear_etag();
    rpc::ApplyPatch(wanted, options.always, after);
    RemakeDisplayName(before.name(), *after.mutable_name());
  } else {
    after = std::move(wanted);
    FillIn(after);
  }
  if (absl::Status wrong = CheckWhole(after); !wrong.ok()) return refuse(std::move(wrong));
  if (absl::Status wrong = Complete(after); !wrong.ok()) return refuse(std::move(wrong));
  if (after.receive_invoice_notifications() && !before.receive_invoice_notifications() &&
      !row.invoices_by_email) {
    return refuse(
        rpc::InvalidField("contact.receive_invoice_notifications",
                          "got true, want false, as the account's invoices do not go by e-mail"));
  }
  if (exists && MessageDifferencer::Equals(before, after)) {
    result.outcome = Outcome::kUnchanged;
    return result;
  }
  if (before.billing_contact() == v1::BILLING_CONTACT_PRIMARY &&
      after.billing_contact() != v1::BILLING_CONTACT_PRIMARY) {
    batch.primary_of.erase(before.account_id());  // Another one may be that from here on.
  }
  if (after.billing_contact() == v1::BILLING_CONTACT_PRIMARY) {
    std::string& primary = batch.primary_of[after.account_id()];
    if (!primary.empty() && primary != before.id()) {
      return refuse(rpc::InvalidField("contact.billing_contact",
                                      "got BILLING_CONTACT_PRIMARY, but another contact of the "
                                      "account is that"));
    }
    primary = exists ? before.id() : after.external_id();
  }
  if (exists) {
    rows_.StampChanged(after);
    v1::Activity activity = rows_.activities().Now(after.id(), v1::ACTIVITY_KIND_UPDATED);
    *activity.mutable_changes() = FieldChanges(before, after);
    batch.activities.push_back(std::move(activity));
    v1::ContactUpdated event;
    *event.mutable_contact() = after;
    if (after.email() != before.email()) event.set_previous_email(before.email());
    batch.drafts.push_back(rows_.events().Prepare(event, after.id(), after.account_id()));
    batch.updated.push_back(std::move(after));
    result.outcome = Outcome::kUpdated;
  } else {
    rows_.StampCreated(after);
    v1::ContactCreated event;
    *event.mutable_contact() = after;
    event.set_without_invitation(options.without_invitation);
    batch.drafts.push_back(rows_.events().Prepare(event, after.id(), after.account_id()));
    batch.created.push_back(std::move(after));
    result.outcome = Outcome::kCreated;
  }
  return result;
}

absl::Status ContactUpsert::Write(Session& session, const Batch& batch) const {
  // In the order of the rows: what one gives up another can take.
  RETURN_IF_ERROR(rows_.table().SaveAll(session, batch.updated));
  RETURN_IF_ERROR(rows_.table().InsertAll(session, batch.created));
  RETURN_IF_ERROR(rows_.activities().AddAll(session, batch.activities));
  return rows_.events().AppendAll(session, batch.drafts);
}

}  // namespace portico::contact
