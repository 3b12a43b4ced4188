#include "services/account/account_with_contacts.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/errors.h"
#include "libs/storage/request_log.h"

namespace portico::account {
namespace {

using contact::v1::Contact;
using contact::v1::CreateContactsRequest;
using v1::CreateAccountWithContactsRequest;

constexpr int kSwept = 20;
constexpr absl::Duration kRest = absl::Seconds(10);
// Until the contact service is asked again: where it was away, and where it refused, which
// doubles up to an hour.
constexpr absl::Duration kAwayDelay = absl::Seconds(30);
constexpr absl::Duration kRefusedDelay = absl::Minutes(1);

absl::Status CheckContacts(const CreateAccountWithContactsRequest& request) {
  rpc::FieldErrors errors;
  for (int i = 0; i < request.contacts_size(); ++i) {
    const Contact& wanted = request.contacts(i);
    const auto refuse = [&](const char* field, const std::string& got) {
      if (got.empty()) return;
      errors.Add(absl::StrCat("contacts[", i, "].", field),
                 absl::StrCat("got ", rpc::Quoted(got), ", want none: the account is made here"));
    };
    refuse("account_id", wanted.account_id());
    refuse("site_id", wanted.site_id());
  }
  return errors.ToStatus();
}

// The same for the same request and account, whatever became of the account since: by that the
// contact service knows what it has made already.
CreateContactsRequest ContactsOf(const CreateAccountWithContactsRequest& request,
                                 const std::string& account_id) {
  CreateContactsRequest wanted;
  *wanted.mutable_contacts() = request.contacts();
  for (Contact& one : *wanted.mutable_contacts()) one.set_account_id(account_id);
  wanted.set_account_id(account_id);
  wanted.set_account_number(request.account().number());
  const v1::InvoiceDelivery delivery = request.account().invoice_delivery();
  wanted.set_invoices_by_email(delivery == v1::INVOICE_DELIVERY_EMAIL ||
                               delivery == v1::INVOICE_DELIVERY_EMAIL_WITH_LINK);
  wanted.set_request_id(absl::StrCat("account/", account_id));
  return wanted;
}

}  // namespace

absl::StatusOr<v1::CreateAccountWithContactsResponse> AccountWithContacts::Create(
    const CreateAccountWithContactsRequest& request) {
  RETURN_IF_ERROR(CheckContacts(request));
  ASSIGN_OR_RETURN(const std::string account_id, EnsureAccount(request));
  v1::CreateAccountWithContactsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_account(), stores_.accounts.Get(account_id));
  if (request.contacts().empty()) return response;
  // Also when they are made already: then they are answered.
  auto contacts = contacts_.Create(ContactsOf(request, account_id));
  if (!contacts.ok()) return response;
  for (Contact& made : *contacts) *response.add_contacts() = std::move(made);
  (void)pending_.Remove(account_id);  // Else the sweep does.
  return response;
}

absl::StatusOr<std::string> AccountWithContacts::EnsureAccount(
    const CreateAccountWithContactsRequest& request) {
  const ResourceStore<v1::Account>::Request id{request.request_id(), storage::Fingerprint(request)};
  ASSIGN_OR_RETURN(std::optional<std::string> earlier, stores_.accounts.FindEarlier(id));
  if (earlier.has_value()) return *std::move(earlier);

  const std::string new_id = NewId(IdKind::kAccount, clock_.Now());
  const CreateContactsRequest contacts = ContactsOf(request, new_id);
  ResourceStore<v1::Account>::Together keep_contacts;
  if (!request.contacts().empty()) {
    CreateContactsRequest check = contacts;
    check.set_validate_only(true);
    check.clear_request_id();
    RETURN_IF_ERROR(contacts_.Create(check).status());
    keep_contacts = [&](storage::Session& session, const v1::Account&) {
      return pending_.Insert(session, contacts);
    };
  }
  RETURN_IF_ERROR(stores_.accounts.Create(request.account(), id, new_id, keep_contacts).status());
  // The same request may have been made at the same time.
  ASSIGN_OR_RETURN(earlier, stores_.accounts.FindEarlier(id));
  return earlier.value_or(new_id);
}

absl::Duration AccountWithContacts::Sweep() {
  const auto due = pending_.ListDue(kSwept);
  if (!due.ok()) return kRest;
  for (const PendingContacts& pending : *due) {
    const std::string& account_id = pending.request.account_id();
    const absl::Status status = contacts_.Create(pending.request).status();
    if (status.ok()) {
      if (!pending_.Remove(account_id).ok()) return kRest;
      continue;
    }
    const bool refused = ContactClient::IsRefusal(status);
    if (refused) {
      log::Warn("the contacts of a new account are refused",
                {{"account", account_id}, {"reason", rpc::ReasonOf(status)}});
    }
    // Behind the others, which one that always fails must not hold up. While the contact service
    // is away, they would all fail.
    const absl::Duration delay =
        refused ? kRefusedDelay * (1 << std::min<int64_t>(pending.attempts, 6)) : kAwayDelay;
    if (!pending_.Postpone(pending, delay).ok() || !refused) return kRest;
  }
  return due->size() < kSwept ? kRest : absl::ZeroDuration();
}

}  // namespace portico::account
