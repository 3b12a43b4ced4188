#include "services/contact/contact_store.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "libs/storage/id_list.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_rules.h"

namespace portico::contact {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr char kCreateRpc[] = "CreateContact";

// The only unique key of a contact that a caller can hit, once its external id is known to be
// free, is that of the primary billing contact.
absl::Status ExplainTaken(const absl::Status& status) {
  if (!absl::IsAlreadyExists(status) || !rpc::ReasonOf(status).empty()) return status;
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition,
                              "PRIMARY_BILLING_CONTACT_EXISTS",
                              "contact.billing_contact: got BILLING_CONTACT_PRIMARY, but another "
                              "contact of the account is that",
                              {{"field", "contact.billing_contact"}});
}

}  // namespace

ContactStore::ContactStore(storage::Database& database, const ContactRows& rows,
                           const AccountDirectory& accounts, const Clock& clock)
    : database_(database),
      rows_(rows),
      accounts_(accounts),
      requests_(clock),
      list_(database, rows.table()) {}

// Made ready on the caller's thread, as far as it can be: all writers of the service
// wait for one another inside a transaction.
struct ContactStore::Creation {
  Creation(const ContactStore& store, v1::ContactCreated created, const std::string& request_id,
           std::string fingerprint_of_request)
      : event(std::move(created)),
        request(request_id),
        fingerprint(std::move(fingerprint_of_request)),
        row(store.rows_.table().Prepare(event.contact())),
        draft(store.rows_.events().Prepare(event, event.contact().id(),
                                           event.contact().account_id())) {}

  v1::ContactCreated event;
  const std::string request;
  const std::string fingerprint;
  const storage::Row row;
  const events::Draft draft;
};

void ContactStore::Create(const v1::Contact& wanted, const std::string& request_id,
                          std::function<void(absl::StatusOr<v1::Contact>)> done) {
  v1::ContactCreated event;
  v1::Contact& contact = *event.mutable_contact();
  contact = wanted;
  FillIn(contact);
  if (absl::Status status = Complete(contact); !status.ok()) return done(std::move(status));
  rows_.StampCreated(contact);
  const auto creation = std::make_shared<Creation>(
      *this, std::move(event), request_id, request_id.empty() ? "" : storage::Fingerprint(wanted));

  using Earlier = std::optional<v1::Contact>;
  database_.WriteThen(
      [this, creation](storage::Session& session) -> absl::StatusOr<Earlier> {
        const v1::Contact& made = creation->event.contact();
        ASSIGN_OR_RETURN(
            const std::optional<std::string> id,
            ClaimRequest(session, kCreateRpc, creation->request, creation->fingerprint, made.id()));
        if (id.has_value()) return rows_.Get(session, *id);
        RETURN_IF_ERROR(accounts_.Check(session, v1::Contact::default_instance(), made));
        RETURN_IF_ERROR(rows_.CheckExternalId(session, v1::Contact::default_instance(), made));
        RETURN_IF_ERROR(rows_.table().Insert(session, creation->row));
        RETURN_IF_ERROR(rows_.events().Append(session, creation->draft));
        return std::nullopt;
      },
      [creation, done = std::move(done)](absl::StatusOr<Earlier> earlier) {
        if (!earlier.ok()) return done(ExplainTaken(earlier.status()));
        done(earlier->has_value() ? **std::move(earlier)
                                  : std::move(*creation->event.mutable_contact()));
      });
}

absl::StatusOr<std::vector<v1::Contact>> ContactStore::CreateAll(
    const v1::CreateContactsRequest& request) {
  std::vector<v1::Contact> contacts(request.contacts().begin(), request.contacts().end());
  rpc::FieldErrors errors;
  std::string primary;
  std::set<std::string> external_ids;
  for (size_t i = 0; i < contacts.size(); ++i) {
    v1::Contact& contact = contacts[i];
    const std::string field = absl::StrCat("contacts[", i, "]");
    contact.set_account_id(request.account_id());
    FillIn(contact);
    RETURN_IF_ERROR(Complete(contact, field));
    if (!contact.external_id().empty() && !external_ids.insert(contact.external_id()).second) {
      errors.Add(field + ".external_id", "got that of another one of them, want one of its own");
    }
    if (!contact.site_id().empty()) {
      errors.Add(field + ".site_id", "got a site, want none, as a new account has none");
    }
    if (contact.receive_invoice_notifications() && !request.invoices_by_email()) {
      errors.Add(field + ".receive_invoice_notifications",
                 "got true, want false, as the account's invoices do not go by e-mail");
    }
    if (contact.billing_contact() == v1::BILLING_CONTACT_PRIMARY) {
      if (!primary.empty()) {
        errors.Add(field + ".billing_contact",
                   absl::StrCat("got BILLING_CONTACT_PRIMARY, but ", primary, " is that"));
      }
      primary = field;
    }
    rows_.StampCreated(contact);
    if (!request.created_by().empty()) contact.set_created_by(request.created_by());
  }
  RETURN_IF_ERROR(errors.ToStatus());
  // Whoever repeats a request asks for the same.
  v1::CreateContactsRequest same = request;
  same.clear_created_by();
  const std::string fingerprint = request.request_id().empty() ? "" : storage::Fingerprint(same);
  using Contacts = std::vector<v1::Contact>;
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<Contacts> {
    if (!request.validate_only()) {
      // The ids of all stand for what the request made.
      std::vector<std::string> ids;
      for (const v1::Contact& contact : contacts) ids.push_back(contact.id());
      ASSIGN_OR_RETURN(const std::optional<std::string> earlier,
                       ClaimRequest(session, "CreateContacts", request.request_id(), fingerprint,
                                    absl::StrJoin(ids, ",")));
      if (earlier.has_value()) {
        Contacts made;
        for (const std::string& id : std::vector<std::string>(absl::StrSplit(*earlier, ','))) {
          ASSIGN_OR_RETURN(made.emplace_back(), rows_.Get(session, id));
        }
        return made;
      }
    }
    for (size_t i = 0; i < contacts.size(); ++i) {
      RETURN_IF_ERROR(rows_.CheckExternalId(session, v1::Contact::default_instance(), contacts[i],
                                            absl::StrCat("contacts[", i, "]")));
    }
    if (request.validate_only()) return contacts;
    // The account may have its invoices sent otherwise by now.
    ASSIGN_OR_RETURN(const auto known, accounts_.Find(session, {request.account_id()}));
    if (!known.empty() && !known.begin()->second.invoices_by_email) {
      for (v1::Contact& contact : contacts) contact.clear_receive_invoice_notifications();
    }
    std::vector<events::Draft> drafts;
    for (const v1::Contact& contact : contacts) {
      v1::ContactCreated event;
      *event.mutable_contact() = contact;
      drafts.push_back(rows_.events().Prepare(event, contact.id(), contact.account_id()));
    }
    RETURN_IF_ERROR(rows_.table().InsertAll(session, contacts));
    RETURN_IF_ERROR(rows_.events().AppendAll(session, drafts));
    RETURN_IF_ERROR(accounts_.SaveNew(session, request.account_id(), request.account_number()));
    return contacts;
  });
}

absl::StatusOr<v1::Contact> ContactStore::Get(const std::string& id) {
  ASSIGN_OR_RETURN(v1::Contact contact, database_.ReadOne([&](storage::Session& session) {
    return rows_.Get(session, id);
  }));
  if (contact.merged_into_id().empty()) return contact;
  return database_.ReadOne(
      [&](storage::Session& session) { return rows_.Get(session, contact.merged_into_id()); });
}

absl::StatusOr<std::optional<std::string>> ContactStore::ClaimRequest(
    storage::Session& session, std::string_view rpc, const std::string& request_id,
    const std::string& fingerprint, const std::string& made) const {
  auto earlier = requests_.Claim(session, rpc, request_id, fingerprint, made);
  if (!absl::IsAlreadyExists(earlier.status())) return earlier;
  return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                              std::string(earlier.status().message()));
}

absl::StatusOr<std::vector<v1::Contact>> ContactStore::GetAll(const std::vector<std::string>& ids) {
  using Contacts = std::vector<v1::Contact>;
  return database_.Read([&](storage::Session& session) -> absl::StatusOr<Contacts> {
    const auto read = [&](const std::vector<std::string>& some) {
      return rows_.table().List(session, absl::StrCat("where ", session.IsAmong("id", ":ids")),
                                storage::ListOf(some));
    };
    ASSIGN_OR_RETURN(Contacts contacts, read(ids));
    absl::flat_hash_set<std::string> answered;
    std::vector<std::string> winners;
    std::erase_if(contacts, [&](const v1::Contact& contact) {
      if (contact.merged_into_id().empty()) {
        answered.insert(contact.id());
        return false;
      }
      winners.push_back(contact.merged_into_id());
      return true;
    });
    std::erase_if(winners, [&](const std::string& id) { return !answered.insert(id).second; });
    if (winners.empty()) return contacts;
    ASSIGN_OR_RETURN(Contacts merged, read(winners));
    std::ranges::move(merged, std::back_inserter(contacts));
    return contacts;
  });
}

absl::StatusOr<v1::Contact> ContactStore::Update(const v1::Contact& patch,
                                                 const google::protobuf::FieldMask& mask) {
  auto updated = database_.Write([&](storage::Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before, rows_.Get(session, patch.id()));
    RETURN_IF_ERROR(ContactRows::CheckNotMerged(before));
    RETURN_IF_ERROR(ContactRows::CheckLinked(before));
    v1::Contact after = before;
    RETURN_IF_ERROR(rpc::ApplyUpdate("contact", patch, mask, after));
    RemakeDisplayName(before.name(), *after.mutable_name());
    RETURN_IF_ERROR(Complete(after));
    if (after.account_id() != before.account_id()) {
      return rpc::InvalidField(
          "contact.account_id",
          absl::StrCat("got ", rpc::Quoted(after.account_id()), ", want ",
                       rpc::Quoted(before.account_id()), ", as a contact keeps its account"));
    }
    if (MessageDifferencer::Equals(before, after)) return before;
    RETURN_IF_ERROR(accounts_.Check(session, before, after));
    RETURN_IF_ERROR(rows_.CheckExternalId(session, before, after));
    RETURN_IF_ERROR(rows_.Save(session, before, after,
                               rows_.activities().Now(after.id(), v1::ACTIVITY_KIND_UPDATED)));
    v1::ContactUpdated event;
    *event.mutable_contact() = after;
    if (after.email() != before.email()) event.set_previous_email(before.email());
    RETURN_IF_ERROR(rows_.events().Append(session, event, after.id(), after.account_id()));
    return after;
  });
  if (!updated.ok()) return ExplainTaken(updated.status());
  return updated;
}

absl::StatusOr<v1::ListActivityResponse> ContactStore::ListActivity(
    const v1::ListActivityRequest& request) {
  ASSIGN_OR_RETURN(const v1::Contact contact, Get(request.contact_id()));
  return database_.Read([&](storage::Session& session) {
    return rows_.activities().List(session, contact, request.page_size(), request.page_token());
  });
}

absl::StatusOr<std::vector<v1::Contact>> ContactStore::OfAccount(const std::string& account_id,
                                                                 int64_t limit) {
  return database_.ReadOne([&](storage::Session& session) {
    return rows_.table().List(session,
                              "where account_id = :account_id and unlink_time is null "
                              "and merged_into_id = '' order by id limit :limit",
                              account_id, limit);
  });
}

events::SnapshotKind ContactStore::Snapshot() const {
  return events::SnapshotOf<v1::Contact>(
      rows_.table(), v1::ContactUpdated::default_instance(), [](v1::Contact contact) {
        auto event = std::make_unique<v1::ContactUpdated>();
        *event->mutable_contact() = std::move(contact);
        const std::string account_id = event->contact().account_id();
        return events::State{.payload = std::move(event), .partition = account_id};
      });
}

}  // namespace portico::contact
