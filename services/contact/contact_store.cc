#include "services/contact/contact_store.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "libs/storage/id_list.h"
#include "libs/storage/page_query.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_rules.h"

namespace portico::contact {
namespace {

using google::protobuf::util::MessageDifferencer;
using google::protobuf::util::TimeUtil;

constexpr char kCreateRpc[] = "CreateContact";

// What callers may change; the rest is the contact's identity, or portal state,
// which belongs to other services' events.
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
                                            "update_time",
                                            "etag"};

// Rises with each change, also when the clock is set back: others tell by it which of two
// versions is the later one.
void Stamp(v1::Contact& contact, absl::Time now) {
  contact.set_etag(rpc::NextEtag(contact.etag()));
  const int64_t before = TimeUtil::TimestampToMicroseconds(contact.update_time());
  *contact.mutable_update_time() =
      TimeUtil::MicrosecondsToTimestamp(std::max(ToMicros(now), before + 1));
}

// The only unique key of a contact that a caller can hit is that of the primary
// billing contact.
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
                           const AccountDirectory& accounts, const Clock& clock)
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
                         "create_time",
                         "update_time",
                         "etag",
                         "portal.is_portal_user",
                         "portal.user_id",
                         "portal.portal_user_id",
                         "portal.invitation_state",
                         "portal.decision_reason"}),
      database_(database),
      events_(events),
      accounts_(accounts),
      clock_(clock),
      requests_(clock) {}

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
  const absl::Time now = clock_.Now();
  contact.set_id(NewId(IdKind::kContact, now));
  contact.clear_etag();
  Stamp(contact, now);
  *contact.mutable_create_time() = contact.update_time();
  const auto creation = std::make_shared<Creation>(
      *this, std::move(event), request_id, request_id.empty() ? "" : storage::Fingerprint(wanted));

  using Earlier = std::optional<v1::Contact>;
  database_.WriteThen(
      [this, creation](storage::Session& session) -> absl::StatusOr<Earlier> {
        const v1::Contact& made = creation->event.contact();
        ASSIGN_OR_RETURN(Earlier found,
                         FindEarlier(session, creation->request, creation->fingerprint, made.id()));
        if (found.has_value()) return found;
        RETURN_IF_ERROR(accounts_.Check(session, v1::Contact::default_instance(), made));
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

absl::StatusOr<v1::Contact> ContactStore::Get(const std::string& id) {
  return database_.ReadOne([&](storage::Session& session) { return Get(session, id); });
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

absl::StatusOr<std::optional<v1::Contact>> ContactStore::FindEarlier(
    storage::Session& session, const std::string& request_id, const std::string& fingerprint,
    const std::string& new_id) const {
  auto id = requests_.Claim(session, kCreateRpc, request_id, fingerprint, new_id);
  if (absl::IsAlreadyExists(id.status())) {
    return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                                std::string(id.status().message()));
  }
  if (!id.ok()) return std::move(id).status();
  if (!id->has_value()) return std::nullopt;
  return Get(session, **id);
}

absl::StatusOr<std::vector<v1::Contact>> ContactStore::GetAll(const std::vector<std::string>& ids) {
  return database_.ReadOne([&](storage::Session& session) {
    return table_.List(session, absl::StrCat("where ", session.IsAmong("id", ":ids")),
                       storage::ListOf(ids));
  });
}

absl::StatusOr<v1::ListContactsResponse> ContactStore::List(
    const v1::ListContactsRequest& request) {
  // The conditions are worded as the indexes are, so that these serve them.
  storage::PageQuery query("contacts");
  query.Where("account_id = :account_id", request.account_id())
      .Where("site_id <> '' and site_id = :site_id", request.site_id())
      .Where("lower(email) = lower(:email)", mail::NormalizeAddress(request.email()));
  ASSIGN_OR_RETURN(storage::Page<v1::Contact> page, database_.Read([&](storage::Session& session) {
    return query.Read(session, table_, request.page_size(), request.page_token());
  }));
  v1::ListContactsResponse response;
  for (v1::Contact& contact : page.rows) *response.add_contacts() = std::move(contact);
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<v1::Contact> ContactStore::Update(const v1::Contact& patch,
                                                 const google::protobuf::FieldMask& mask) {
  auto updated = database_.Write([&](storage::Session& session) -> absl::StatusOr<v1::Contact> {
    ASSIGN_OR_RETURN(const v1::Contact before, Get(session, patch.id()));
    v1::ContactUpdated event;
    v1::Contact& after = *event.mutable_contact();
    after = before;
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
    Stamp(after, clock_.Now());
    RETURN_IF_ERROR(table_.Update(session, after, kChangeable).status());
    if (after.email() != before.email()) event.set_previous_email(before.email());
    RETURN_IF_ERROR(events_.Append(session, event, after.id(), after.account_id()));
    return std::move(after);
  });
  if (!updated.ok()) return ExplainTaken(updated.status());
  return updated;
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
  return session
      .Execute(
          "update contact set portal_is_portal_user = 1, "
          "portal_portal_user_id = :portal_user_id, portal_user_id = :user_id "
          "where id = :id",
          portal_user_id, user_id, contact_id)
      .status();
}

}  // namespace portico::contact
