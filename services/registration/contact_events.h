#pragma once

#include <span>
#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "portico/contact/v1/contact.pb.h"
#include "services/registration/contact_access_store.h"
#include "services/registration/portal_user_store.h"
#include "services/registration/session_store.h"

namespace portico::registration {

// Follows the contact service. A membership sees its contact's sites. While the contact's portal
// access is switched off, and once the contact was unlinked, it is hidden, and a portal user who
// has no other is signed out and cannot sign in. The membership of a contact that was merged into
// another sees what that one may see.
class ContactEvents final : public events::EventHandler {
 public:
  ContactEvents(ContactAccessStore& contact_access, PortalUserStore& portal_users,
                SessionStore& sessions)
      : contact_access_(contact_access), portal_users_(portal_users), sessions_(sessions) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;
  bool IsErasure(const events::Event& event) const override;

 private:
  struct Change {
    contact::v1::Contact contact;  // As it is now.
    std::string loser_id;          // The contact that was merged into it; mostly none.
    std::string merged_into_id;    // What it is only another name for; mostly nothing.
  };

  absl::StatusOr<Change> ChangeOf(const events::Event& event) const;
  absl::Status Apply(storage::Session& session, const Change& change);
  absl::Status ApplyToAliases(storage::Session& session, std::string_view contact_id,
                              const ContactAccess& access);
  absl::Status ApplyTo(storage::Session& session, std::string_view contact_id,
                       const ContactAccess& access);

  ContactAccessStore& contact_access_;
  PortalUserStore& portal_users_;
  SessionStore& sessions_;
};

}  // namespace portico::registration
