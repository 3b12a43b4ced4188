#include "services/registration/contact_events.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "portico/contact/v1/contact_events.pb.h"

namespace portico::registration {
namespace {

using contact::v1::Contact;
using contact::v1::ContactCreated;
using contact::v1::ContactUpdated;

absl::StatusOr<Contact> ContactOf(const events::Event& event) {
  ContactCreated created;
  if (event.data().UnpackTo(&created)) return std::move(*created.mutable_contact());
  ContactUpdated updated;
  if (event.data().UnpackTo(&updated)) return std::move(*updated.mutable_contact());
  return absl::InvalidArgumentError("event " + event.id() + " tells of no contact");
}

ContactAccess AccessOf(const Contact& contact) {
  return {.site_id = contact.site_id(),
          .enabled = !contact.has_portal_access_enabled() || contact.portal_access_enabled()};
}

}  // namespace

std::vector<std::string> ContactEvents::types() const {
  return {ContactCreated::descriptor()->full_name(), ContactUpdated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> ContactEvents::Prepare(std::span<const events::Event> events) {
  std::vector<std::pair<std::string, ContactAccess>> changes;
  for (const events::Event& event : events) {
    ASSIGN_OR_RETURN(const Contact contact, ContactOf(event));
    changes.emplace_back(contact.id(), AccessOf(contact));
  }
  return [this, changes = std::move(changes)](storage::Session& session) -> absl::Status {
    for (const auto& [contact_id, access] : changes) {
      RETURN_IF_ERROR(Apply(session, contact_id, access));
    }
    return absl::OkStatus();
  };
}

absl::Status ContactEvents::Apply(storage::Session& session, std::string_view contact_id,
                                  const ContactAccess& access) {
  RETURN_IF_ERROR(contact_access_.Save(session, contact_id, access));
  RETURN_IF_ERROR(portal_users_.SetSite(session, contact_id, access.site_id));
  return access.enabled ? absl::OkStatus() : sessions_.EndWithoutMembership(session, contact_id);
}

}  // namespace portico::registration
