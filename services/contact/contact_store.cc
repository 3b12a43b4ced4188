#include "services/contact/contact_store.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "libs/base/id.h"
#include "libs/log/trace.h"
#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/personal.h"
#include "libs/rpc/update.h"
#include "libs/storage/id_list.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_index.h"
#include "services/contact/contact_rules.h"
#include "services/contact/field_changes.h"

namespace portico::contact {
namespace {

using google::protobuf::util::MessageDifferencer;
using google::protobuf::util::TimeUtil;

constexpr char kCreateRpc[] = "CreateContact";

// What changes; the rest is the contact's identity, or portal state, which belongs to
// other services' events.
constexpr std::string_view kChangeable[] = {"site_id",
                                            "title",
                                            "name",
                                            "email",
                                            "email2",
                                            "phones",
                                            "note",
                                            "receive_service_notifications",
                                            "service_notification_method",
                                            "request_notification_method",
                                            "billing_contact",
                                            "receive_invoice_notifications",
                                            "receive_past_due_notifications",
                                            "mobile_opt_out",
                                            "portal_access_enabled",
                                            "tags",
                                            "external_id",
                                            "portal_site_ids",
                                            "unlink_time",
                                            "erase_time",
                                            "merged_into_id",
                                            "update_time",
                                            "etag"};

absl::Status CheckLinked(const v1::Contact& contact) {
  if (!contact.has_unlink_time()) return absl::OkStatus();
  return rpc::ErrorWithReason(
      absl::StatusCode::kFailedPrecondition, "CONTACT_UNLINKED",
      absl::StrCat("contact: got the id ", rpc::Quoted(contact.id()),
                   ", which was unlinked from its account"));
}

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

ContactStore::ContactStore(storage::Database& database, events::EventLog& events,
                           const AccountDirectory& accounts, const ActivityStore& activities,
                           const Clock& clock)
    : table_("contact", {"id",
                         "account_id",
                         "site_id",
                         "title",
                         "name.first",
                         "name.last",
                         "name.display",
                         "email",
                         "email2",
                         "phones",
                         "note",
                         "receive_service_notifications",
                         "service_notification_method",
                         "request_notification_method",
                         "billing_contact",
                         "receive_invoice_notifications",
                         "receive_past_due_notifications",
                         "mobile_opt_out",
                         "portal_access_enabled",
                         "tags",
                         "external_id",
                         "portal_site_ids",
                         "unlink_time",
                         "erase_time",
                         "merged_into_id",
                         "created_by",
                         "create_time",
                         "update_time",
                         "etag",
                         "portal.is_portal_user",
                         "portal.user_id",
                         "portal.portal_user_id",
                         "portal.invitation_state",
                         "portal.decision_reason"},
             IndexedColumns()),
      database_(database),
      events_(events),
      accounts_(accounts),
      activities_(activities),
      clock_(clock),
      requests_(clock),
      list_(database, table_) {}

// Made ready on the caller's thread, as far as it can be: all writers of the service
// wait for one another inside a transaction.
struct ContactStore::Creation {
  Creation(const ContactStore& store, v1::ContactCreated created, const std::string& request_id,
           std::string fingerprint_of_request)
      : event(std::move(created)),
        request(request_id),
        fingerprint(std::move(fingerprint_of_request)),
        row(store.table_.Prepare(event.contact())),
        draft(store.events_.Prepare(event, event.contact().id(), event.contact().account_id())) {}

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
  if (absl::Status status = Complete(contact); !status.ok()) return done(std::move(status));
  StampCreated(contact);
  const auto creation = std::make_shared<Creation>(
      *this, std::move(event), request_id, request_id.empty() ? "" : storage::Fingerprint(wanted));

  using Earlier = std::optional<v1::Contact>;
  database_.WriteThen(
      [this, creation](storage::Session& session) -> absl::StatusOr<Earlier> {
        const v1::Contact& made = creation->event.contact();
        ASSIGN_OR_RETURN(const std::optional<std::string> id,
                         ClaimRequest(session, kCreateRpc, creation->request,
                                      creation->fingerprint, made.id()));
        if (id.has_value()) return Get(session, *id);
        RETURN_IF_ERROR(accounts_.Check(session, v1::Contact::default_instance(), made));
        RETURN_IF_ERROR(CheckExternalId(session, v1::Contact::default_instance(), made));
        RETURN_IF_ERROR(table_.Insert(session, creation->row));
        RETURN_IF_ERROR(events_.Append(session, creation->draft));
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
  for (size_t i = 0; i < contacts.size(); ++i) {
    v1::Contact& contact = contacts[i];
    const std::string field = absl::StrCat("contacts[", i, "]");
    contact.set_account_id(request.account_id());
    RETURN_IF_ERROR(Complete(contact, field));
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
    StampCreated(contact);
  }
  RETURN_IF_ERROR(errors.ToStatus());
  const std::string fingerprint =
      request.request_id().empty() ? "" : storage::Fingerprint(request);
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
          ASSIGN_OR_RETURN(made.emplace_back(), Get(session, id));
        }
        return made;
      }
    }
    for (const v1::Contact& contact : contacts) {
      RETURN_IF_ERROR(CheckExternalId(session, v1::Contact::default_instance(), contact));
    }
    if (request.validate_only()) return contacts;
    std::vector<events::Draft> drafts;
    for (const v1::Contact& contact : contacts) {
      v1::ContactCreated event;
      *event.mutable_contact() = contact;
      drafts.push_back(events_.Prepare(event, contact.id(), contact.account_id()));
    }
    RETURN_IF_ERROR(table_.InsertAll(session, contacts));
    RETURN_IF_ERROR(events_.AppendAll(session, drafts));
    RETURN_IF_ERROR(accounts_.SaveNew(session, request.account_id(), request.account_number()));
    return contacts;
  });
}

absl::StatusOr<v1::Contact> ContactStore::Get(const std::string& id) {
  ASSIGN_OR_RETURN(v1::Contact contact, database_.ReadOne([&](storage::Session& session) {
    return Get(session, id);
  }));
  if (contact.merged_into_id().empty()) return contact;
  return database_.ReadOne(
      [&](storage::Session& session) { return Get(session, contact.merged_into_id()); });
}

absl::StatusOr<v1::Contact> ContactStore::Get(storage::Session& session,
                                              const std::string& id) const {
  ASSIGN_OR_RETURN(auto found, table_.FindBy(session, "where id = :id", id));
  if (!found.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("contact: got the id ", rpc::Quoted(id), ", want an existing one"));
  }
  return *std::move(found);
}

absl::StatusOr<v1::Contact> ContactStore::GetForChange(storage::Session& session,
                                                       const std::string& id,
                                                       const std::string& etag) const {
  ASSIGN_OR_RETURN(v1::Contact contact, Get(session, id));
  if (!contact.merged_into_id().empty()) {
    return rpc::ErrorWithReason(
        absl::StatusCode::kFailedPrecondition, "CONTACT_MERGED",
        absl::StrCat("contact: got the id ", rpc::Quoted(id), ", which was merged into ",
                     contact.merged_into_id()),
        {{"merged_into_id", contact.merged_into_id()}});
  }
  RETURN_IF_ERROR(rpc::CheckEtag("contact", etag, contact.etag()));
  return contact;
}

absl::Status ContactStore::CheckExternalId(storage::Session& session, const v1::Contact& before,
                                           const v1::Contact& after) const {
  if (after.external_id().empty() || after.external_id() == before.external_id()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto taken,
                   session.SelectOne<std::string>("select id from contact "
                                                  "where external_id <> '' and external_id = :id",
                                                  after.external_id()));
  if (!taken.has_value()) return absl::OkStatus();
  return rpc::ErrorWithReason(
      absl::StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN",
      absl::StrCat("contact.external_id: got ", rpc::Quoted(after.external_id()),
                   ", which is that of ", std::get<0>(*taken)),
      {{"field", "contact.external_id"}});
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
      return table_.List(session, absl::StrCat("where ", session.IsAmong("id", ":ids")),
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
    ASSIGN_OR_RETURN(const v1::Contact before, GetForChange(session, patch.id(), ""));
    RETURN_IF_ERROR(CheckLinked(before));
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
    RETURN_IF_ERROR(CheckExternalId(session, before, after));
    RETURN_IF_ERROR(Save(session, before, after,
                         activities_.Now(after.id(), v1::ACTIVITY_KIND_UPDATED)));
    v1::ContactUpdated event;
    *event.mutable_contact() = after;
    if (after.email() != before.email()) event.set_previous_email(before.email());
    RETURN_IF_ERROR(events_.Append(session, event, after.id(), after.account_id()));
    return after;
  });
  if (!updated.ok()) return ExplainTaken(updated.status());
  return updated;
}

absl::Status ContactStore::Save(storage::Session& session, const v1::Contact& before,
                                v1::Contact& after, v1::Activity activity) const {
  StampChanged(after);
  RETURN_IF_ERROR(table_.Update(session, after, kChangeable).status());
  *activity.mutable_changes() = FieldChanges(before, after);
  return activities_.Add(session, activity);
}

template <class Event>
absl::Status ContactStore::Publish(storage::Session& session, const v1::Contact& contact) const {
  Event event;
  *event.mutable_contact() = contact;
  return events_.Append(session, event, contact.id(), contact.account_id());
}

absl::StatusOr<v1::Contact> ContactStore::Unlink(const v1::UnlinkContactRequest& request) {
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before,
                     GetForChange(session, request.id(), request.etag()));
    if (before.has_unlink_time()) return before;
    v1::Contact after = before;
    *after.mutable_unlink_time() = Now();
    after.set_billing_contact(v1::BILLING_CONTACT_NONE);  // Another one may be the primary now.
    v1::Activity activity = activities_.Now(after.id(), v1::ACTIVITY_KIND_UNLINKED);
    activity.set_detail(request.reason());
    RETURN_IF_ERROR(Save(session, before, after, std::move(activity)));
    RETURN_IF_ERROR(Publish<v1::ContactUnlinked>(session, after));
    return after;
  });
}

absl::StatusOr<v1::Contact> ContactStore::SetPortalAccess(
    const v1::SetPortalAccessRequest& request) {
  const v1::PortalAccess& access = request.portal_access();
  std::set<std::string> sites(access.site_ids().begin(), access.site_ids().end());
  if (access.all_sites() != sites.empty() && access.enabled()) {
    return rpc::InvalidField("portal_access.site_ids",
                             access.all_sites() ? "got sites, want none, as all are granted"
                                                : "got none, want sites, or all_sites");
  }
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before,
                     GetForChange(session, request.id(), request.etag()));
    RETURN_IF_ERROR(CheckLinked(before));
    v1::Contact after = before;
    after.set_portal_access_enabled(access.enabled());
    after.mutable_portal_site_ids()->Assign(sites.begin(), sites.end());
    if (MessageDifferencer::Equals(before, after)) return before;
    RETURN_IF_ERROR(accounts_.CheckSites(session, after));
    RETURN_IF_ERROR(Save(session, before, after,
                         activities_.Now(after.id(), v1::ACTIVITY_KIND_UPDATED)));
    RETURN_IF_ERROR(Publish<v1::ContactUpdated>(session, after));
    return after;
  });
}

absl::StatusOr<v1::Contact> ContactStore::Erase(const v1::EraseContactRequest& request) {
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before,
                     GetForChange(session, request.id(), request.etag()));
    if (before.has_erase_time()) return before;
    // Those that were merged into it are the same person.
    ASSIGN_OR_RETURN(std::vector<v1::Contact> rows,
                     table_.List(session, "where merged_into_id <> '' and merged_into_id = :id",
                                 before.id()));
    rows.push_back(before);
    for (v1::Contact& row : rows) {
      rpc::ErasePersonal(row);
      *row.mutable_erase_time() = Now();
      if (!row.has_unlink_time()) *row.mutable_unlink_time() = Now();
      row.set_billing_contact(v1::BILLING_CONTACT_NONE);
      row.set_portal_access_enabled(false);
      StampChanged(row);
      RETURN_IF_ERROR(table_.Update(session, row).status());
      RETURN_IF_ERROR(events::Erasure::Request(session, row.id()));
      RETURN_IF_ERROR(Publish<v1::ContactErased>(session, row));
    }
    RETURN_IF_ERROR(activities_.Erase(session, before.id()));
    RETURN_IF_ERROR(
        activities_.Add(session, activities_.Now(before.id(), v1::ACTIVITY_KIND_ERASED)));
    return rows.back();
  });
}

absl::StatusOr<v1::ListActivityResponse> ContactStore::ListActivity(
    const v1::ListActivityRequest& request) {
  ASSIGN_OR_RETURN(const v1::Contact contact, Get(request.contact_id()));
  return database_.Read([&](storage::Session& session) {
    return activities_.List(session, contact, request.page_size(), request.page_token());
  });
}

absl::StatusOr<std::vector<v1::Contact>> ContactStore::OfAccount(const std::string& account_id,
                                                                int64_t limit) {
  return database_.ReadOne([&](storage::Session& session) {
    return table_.List(session,
                       "where account_id = :account_id and unlink_time is null "
                       "and merged_into_id = '' order by id limit :limit",
                       account_id, limit);
  });
}

void ContactStore::StampCreated(v1::Contact& contact) const {
  contact.set_id(NewId(IdKind::kContact, clock_.Now()));
  contact.clear_etag();
  StampChanged(contact);
  *contact.mutable_create_time() = contact.update_time();
  contact.set_created_by(log::CurrentTrace().actor);
}

// The update time rises with each change, also when the clock is set back: others tell by it
// which of two versions is the later one.
void ContactStore::StampChanged(v1::Contact& contact) const {
  contact.set_etag(rpc::NextEtag(contact.etag()));
  const int64_t before = TimeUtil::TimestampToMicroseconds(contact.update_time());
  *contact.mutable_update_time() =
      TimeUtil::MicrosecondsToTimestamp(std::max(ToMicros(clock_.Now()), before + 1));
}

google::protobuf::Timestamp ContactStore::Now() const {
  return TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
}

events::SnapshotKind ContactStore::Snapshot() const {
  return events::SnapshotOf<v1::Contact>(
      table_, v1::ContactUpdated::default_instance(), [](v1::Contact contact) {
        auto event = std::make_unique<v1::ContactUpdated>();
        *event->mutable_contact() = std::move(contact);
        const std::string account_id = event->contact().account_id();
        return events::State{.payload = std::move(event), .partition = account_id};
      });
}

absl::Status ContactStore::SaveDecision(storage::Session& session,
                                        const invitation::v1::Decision& decision) {
  return session
      .Execute("update contact set portal_decision_reason = :reason where id = :id",
               decision.reason(), decision.contact_id())
      .status();
}

absl::Status ContactStore::SaveInvitationState(storage::Session& session,
                                               const std::string& contact_id,
                                               const std::string& invitation_id,
                                               invitation::v1::InvitationState state) {
  // Ids of invitations sort by the time they were made.
  return session
      .Execute(
          "update contact set portal_invitation_id = :invitation_id, "
          "portal_invitation_state = :state where id = :id and "
          "(portal_invitation_id < :invitation_id or "
          "(portal_invitation_id = :invitation_id and portal_invitation_state <> :accepted))",
          invitation_id, state, contact_id, invitation::v1::INVITATION_STATE_ACCEPTED)
      .status();
}

absl::Status ContactStore::SavePortalUser(storage::Session& session, const std::string& contact_id,
                                          const std::string& portal_user_id,
                                          const std::string& user_id) {
  // It may have been accepted while the contact was merged into another.
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select case when merged_into_id = '' then id else merged_into_id end "
                       "from contact where id = :id",
                       contact_id));
  if (!row.has_value()) return absl::OkStatus();
  const auto& [holder] = *row;
  RETURN_IF_ERROR(session
                      .Execute("insert into portal_membership (portal_user_id, contact_id) "
                               "values (:portal_user_id, :contact_id) on conflict do nothing",
                               portal_user_id, holder)
                      .status());
  return session
      .Execute(
          "update contact set portal_is_portal_user = 1, "
          "portal_portal_user_id = :portal_user_id, portal_user_id = :user_id "
          "where id = :id",
          portal_user_id, user_id, holder)
      .status();
}

}  // namespace portico::contact
