#include "services/account/account_with_contacts.h"

#include <absl/strings/str_cat.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
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
// Until the contact service, which was away, is asked again.
constexpr absl::Duration kAwayDelay = absl::Seconds(30);

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
                                 const std::string& account_id, const std::string& caller) {
  CreateContactsRequest wanted;
  *wanted.mutable_contacts() = request.contacts();
  for (Contact& one : *wanted.mutable_contacts()) one.set_account_id(account_id);
  wanted.set_account_id(account_id);
  wanted.set_account_number(request.account().number());
  const v1::InvoiceDelivery delivery = request.account().invoice_delivery();
  wanted.set_invoices_by_email(delivery == v1::INVOICE_DELIVERY_EMAIL ||
                               delivery == v1::INVOICE_DELIVERY_EMAIL_WITH_LINK);
  wanted.set_request_id(absl::StrCat("account/", account_id));
  wanted.set_created_by(caller);
  return wanted;
}

template <class Detail>
std::string PayloadOf() {
  return absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name());
}

// What is wrong with the contacts of an account that is there.
absl::Status Explain(const absl::Status& why, const std::string& account_id) {
  std::map<std::string, std::string> metadata;
  google::rpc::ErrorInfo info;
  const auto payload = why.GetPayload(PayloadOf<google::rpc::ErrorInfo>());
  if (payload.has_value() && info.ParseFromString(std::string(*payload))) {
    metadata.insert(info.metadata().begin(), info.metadata().end());
    metadata["cause"] = info.reason();
  }
  metadata["account_id"] = account_id;
  absl::Status error =
      rpc::ErrorWithReason(why.code(), "CONTACTS_REFUSED",
                           absl::StrCat(std::string(why.message()), "; the account ", account_id,
                                        " was created, without its contacts"),
                           metadata);
  const std::string fields = PayloadOf<google::rpc::BadRequest>();
  if (const auto violations = why.GetPayload(fields)) error.SetPayload(fields, *violations);
  return error;
}

}  // namespace

absl::StatusOr<v1::CreateAccountWithContactsResponse> AccountWithContacts::Create(
    const CreateAccountWithContactsRequest& request, const std::string& caller) {
  RETURN_IF_ERROR(CheckContacts(request));
  ASSIGN_OR_RETURN(const Ensured ensured, EnsureAccount(request, caller));
  const std::string& account_id = ensured.account_id;
  v1::CreateAccountWithContactsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_account(), stores_.accounts.Get(account_id));
  if (request.contacts().empty()) return response;
  const CreateContactsRequest wanted = ContactsOf(request, account_id, caller);
  if (ensured.is_earlier) RETURN_IF_ERROR(pending_.Reopen(wanted));
  // Also when they are made already: then they are answered.
  auto contacts = contacts_.Create(wanted);
  if (ContactClient::AreMade(contacts.status())) return contacts.status();
  if (ContactClient::IsRefusal(contacts.status())) {
    (void)Refuse(account_id, contacts.status());  // Else the sweep does.
    return Explain(contacts.status(), account_id);
  }
  if (!contacts.ok()) return response;
  for (Contact& made : *contacts) *response.add_contacts() = std::move(made);
  (void)pending_.Remove(account_id);  // Else the sweep does.
  return response;
}

absl::StatusOr<AccountWithContacts::Ensured> AccountWithContacts::EnsureAccount(
    const CreateAccountWithContactsRequest& request, const std::string& caller) {
  const ResourceStore<v1::Account>::Request id{request.request_id(), storage::Fingerprint(request)};
  ASSIGN_OR_RETURN(std::optional<std::string> earlier, stores_.accounts.FindEarlier(id));
  if (earlier.has_value()) return Ensured{*std::move(earlier), true};

  const std::string new_id = NewId(IdKind::kAccount, clock_.Now());
  const CreateContactsRequest contacts = ContactsOf(request, new_id, caller);
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
  return Ensured{earlier.value_or(new_id), earlier.value_or(new_id) != new_id};
}

absl::Duration AccountWithContacts::Sweep() {
  const auto due = pending_.ListDue(kSwept);
  if (!due.ok()) return kRest;
  for (const PendingContacts& pending : *due) {
    const std::string& account_id = pending.request.account_id();
    const absl::Status status = contacts_.Create(pending.request).status();
    if (status.ok() || ContactClient::AreMade(status)) {
      if (!pending_.Remove(account_id).ok()) return kRest;
    } else if (ContactClient::IsRefusal(status)) {
      if (!Refuse(account_id, status).ok()) return kRest;
    } else {
      // Behind the others; while the contact service is away, they would all fail.
      (void)pending_.Postpone(pending, kAwayDelay);
      return kRest;
    }
  }
  return due->size() < kSwept ? kRest : absl::ZeroDuration();
}

absl::Status AccountWithContacts::Refuse(const std::string& account_id, const absl::Status& why) {
  // The message may tell of a person.
  log::Warn("the contacts of a new account are refused",
            {{"account", account_id},
             {"code", absl::StatusCodeToString(why.code())},
             {"reason", rpc::ReasonOf(why)}});
  metrics_.Count("portico_account_contacts_refused_total",
                 "New accounts whose contacts the contact service refused");
  return pending_.Refuse(account_id);
}

}  // namespace portico::account
