#include "services/registration/contact_events.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "libs/base/status_macros.h"
#include "portico/contact/v1/contact_events.pb.h"

namespace portico::registration {
namespace {

using contact::v1::Contact;
using contact::v1::ContactCreated;
using contact::v1::ContactErased;
using contact::v1::ContactsMerged;
using contact::v1::ContactUnlinked;
using contact::v1::ContactUpdated;

// Takes the contact out of an event of that type.
template <class M>
bool Take(const events::Event& event, Contact& contact) {
  M payload;
  if (!event.data().UnpackTo(&payload)) return false;
  contact = std::move(*payload.mutable_contact());
  return true;
}

ContactAccess AccessOf(const Contact& contact) {
  ContactAccess access{
      .site_ids = {contact.portal_site_ids().begin(), contact.portal_site_ids().end()},
      .enabled = (!contact.has_portal_access_enabled() || contact.portal_access_enabled()) &&
                 !contact.has_unlink_time(),
      .erased = contact.has_erase_time(),
      .update_time =
          google::protobuf::util::TimeUtil::TimestampToMicroseconds(contact.update_time())};
  if (access.site_ids.empty() && !contact.site_id().empty()) {
    access.site_ids.push_back(contact.site_id());
  }
  return access;
}

}  // namespace

std::vector<std::string> ContactEvents::types() const {
  return {ContactCreated::descriptor()->full_name(), ContactUpdated::descriptor()->full_name(),
          ContactUnlinked::descriptor()->full_name(), ContactsMerged::descriptor()->full_name(),
          ContactErased::descriptor()->full_name()};
}

bool ContactEvents::IsErasure(const events::Event& event) const {
  return event.type() == ContactErased::descriptor()->full_name();
}

absl::StatusOr<ContactEvents::Change> ContactEvents::ChangeOf(const events::Event& event) const {
  Change change;
  if (Take<ContactCreated>(event, change.contact) || Take<ContactUpdated>(event, change.contact) ||
      Take<ContactUnlinked>(event, change.contact) || Take<ContactErased>(event, change.contact)) {
    // As a snapshot tells of one that was merged: it is only another name for the other.
    if (!change.contact.has_erase_time()) change.merged_into_id = change.contact.merged_into_id();
    return change;
  }
  ContactsMerged merged;
  if (!event.data().UnpackTo(&merged)) {
    return absl::InvalidArgumentError("event " + event.id() + " tells of no contact");
  }
  change.contact = std::move(*merged.mutable_winner());
  change.loser_id = merged.loser().id();
  return change;
}

absl::StatusOr<events::Effect> ContactEvents::Prepare(std::span<const events::Event> events) {
  std::vector<Change> changes;
  for (const events::Event& event : events) {
    ASSIGN_OR_RETURN(Change change, ChangeOf(event));
    changes.push_back(std::move(change));
  }
  return [this, changes = std::move(changes)](storage::Session& session) -> absl::Status {
    for (const Change& change : changes) RETURN_IF_ERROR(Apply(session, change));
    return absl::OkStatus();
  };
}

absl::Status ContactEvents::Apply(storage::Session& session, const Change& change) {
  const std::string& id = change.contact.id();
  if (!change.merged_into_id.empty()) {
    RETURN_IF_ERROR(contact_access_.Merge(session, id, change.merged_into_id));
    ASSIGN_OR_RETURN(const auto of_winner, contact_access_.Find(session, change.merged_into_id));
    if (!of_winner.has_value()) return absl::OkStatus();  // It is told of later.
    return ApplyToAliases(session, change.merged_into_id, *of_winner);
  }
  if (!change.loser_id.empty()) {
    RETURN_IF_ERROR(contact_access_.Merge(session, change.loser_id, id));
  }
  ASSIGN_OR_RETURN(const bool is_news, contact_access_.Save(session, id, AccessOf(change.contact)));
  if (!is_news && change.loser_id.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto access, contact_access_.Find(session, id));
  RETURN_IF_ERROR(ApplyTo(session, id, *access));
  return ApplyToAliases(session, id, *access);
}

absl::Status ContactEvents::ApplyToAliases(storage::Session& session, std::string_view contact_id,
                                           const ContactAccess& access) {
  ASSIGN_OR_RETURN(const std::vector<std::string> aliases,
                   contact_access_.Aliases(session, contact_id));
  for (const std::string& alias : aliases) {
    RETURN_IF_ERROR(contact_access_.Save(session, alias, access).status());
    RETURN_IF_ERROR(ApplyTo(session, alias, access));
  }
  return absl::OkStatus();
}

absl::Status ContactEvents::ApplyTo(storage::Session& session, std::string_view contact_id,
                                    const ContactAccess& access) {
  RETURN_IF_ERROR(portal_users_.SetSites(session, contact_id, access.site_ids));
  if (access.enabled) return absl::OkStatus();
  RETURN_IF_ERROR(sessions_.EndWithoutMembership(session, contact_id));
  return access.erased ? portal_users_.EraseOf(session, contact_id) : absl::OkStatus();
}

}  // namespace portico::registration
