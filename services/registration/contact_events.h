#pragma once

#include <span>
#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/registration/contact_access_store.h"
#include "services/registration/portal_user_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

// Follows the contact service. A membership sees its contact's site, or all when the
// contact is the account's. While the contact's portal access is switched off it is
// hidden, and a portal user who has no other is signed out and cannot sign in.
class ContactEvents final : public events::EventHandler {
 public:
  ContactEvents(ContactAccessStore& contact_access, PortalUserStore& portal_users,
                SessionStore& sessions)
      : contact_access_(contact_access), portal_users_(portal_users), sessions_(sessions) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  absl::Status Apply(storage::Session& session, std::string_view contact_id,
                     const ContactAccess& access);

  ContactAccessStore& contact_access_;
  PortalUserStore& portal_users_;
  SessionStore& sessions_;
};

}  // namespace portico::registration
