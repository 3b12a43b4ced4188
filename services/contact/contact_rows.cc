#include "services/contact/contact_rows.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "libs/base/id.h"
#include "libs/base/status_macros.h"
#include "libs/log/trace.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "services/contact/contact_index.h"
#include "services/contact/field_changes.h"

namespace portico::contact {

using google::protobuf::util::TimeUtil;
using storage::Session;

namespace {

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

}  // namespace

ContactRows::ContactRows(events::EventLog& events, const ActivityStore& activities,
                         const Clock& clock)
    : table_("contact",
             {"id",
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
      events_(events),
      activities_(activities),
      clock_(clock) {}

absl::StatusOr<v1::Contact> ContactRows::Get(Session& session, const std::string& id,
                                             std::string_view field) const {
  ASSIGN_OR_RETURN(auto found, table_.FindBy(session, "where id = :id", id));
  if (!found.has_value()) {
    return absl::NotFoundError(absl::StrCat(std::string(field), ": got the id ", rpc::Quoted(id),
                                            ", want an existing one"));
  }
  return *std::move(found);
}

absl::Status ContactRows::CheckNotMerged(const v1::Contact& contact, std::string_view field) {
  if (contact.merged_into_id().empty()) return absl::OkStatus();
  return rpc::ErrorWithReason(
      absl::StatusCode::kFailedPrecondition, "CONTACT_MERGED",
      absl::StrCat(std::string(field), ": got the id ", rpc::Quoted(contact.id()),
                   ", which was merged into ", contact.merged_into_id()),
      {{"merged_into_id", contact.merged_into_id()}});
}

absl::Status ContactRows::CheckLinked(const v1::Contact& contact, std::string_view field) {
  if (!contact.has_unlink_time()) return absl::OkStatus();
  return rpc::ErrorWithReason(
      absl::StatusCode::kFailedPrecondition, "CONTACT_UNLINKED",
      absl::StrCat(std::string(field), ": got the id ", rpc::Quoted(contact.id()),
                   ", which was unlinked from its account"));
}

absl::Status ContactRows::CheckExternalId(Session& session, const v1::Contact& before,
                                          const v1::Contact& after, std::string_view field) const {
  if (after.external_id().empty() || after.external_id() == before.external_id()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto taken,
                   session.SelectOne<std::string>("select id from contact "
                                                  "where external_id <> '' and external_id = :id",
                                                  after.external_id()));
  if (!taken.has_value()) return absl::OkStatus();
  const std::string path = absl::StrCat(std::string(field), ".external_id");
  return rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN",
                              absl::StrCat(path, ": got ", rpc::Quoted(after.external_id()),
                                           ", which is that of ", std::get<0>(*taken)),
                              {{"field", path}});
}

absl::Status ContactRows::Save(Session& session, const v1::Contact& before, v1::Contact& after,
                               v1::Activity activity) const {
  StampChanged(after);
  RETURN_IF_ERROR(table_.Update(session, after, kChangeable).status());
  *activity.mutable_changes() = FieldChanges(before, after);
  return activities_.Add(session, activity);
}

void ContactRows::StampCreated(v1::Contact& contact) const {
  contact.set_id(NewId(IdKind::kContact, clock_.Now()));
  contact.clear_etag();
  StampChanged(contact);
  *contact.mutable_create_time() = contact.update_time();
  contact.set_created_by(log::CurrentTrace().actor);
}

// The update time rises with each change, also when the clock is set back: others tell by it
// which of two versions is the later one.
void ContactRows::StampChanged(v1::Contact& contact) const {
  contact.set_etag(rpc::NextEtag(contact.etag()));
  const int64_t before = TimeUtil::TimestampToMicroseconds(contact.update_time());
  *contact.mutable_update_time() =
      TimeUtil::MicrosecondsToTimestamp(std::max(ToMicros(clock_.Now()), before + 1));
}

google::protobuf::Timestamp ContactRows::Now() const {
  return TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
}

}  // namespace portico::contact
