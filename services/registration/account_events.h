#pragma once

#include <span>
#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/registration/contact_access_store.h"
#include "services/registration/lockout_store.h"
#include "services/registration/portal_user_store.h"

namespace portico::registration {

// Follows the account service: memberships show the account's present name, those of an account
// that was merged into another are that one's, and the portal options say when user IDs are locked,
// and for how long.
class AccountEvents final : public events::EventHandler {
 public:
  AccountEvents(ContactAccessStore& contact_access, PortalUserStore& portal_users,
                LockoutStore& lockouts)
      : contact_access_(contact_access), portal_users_(portal_users), lockouts_(lockouts) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  absl::Status Apply(storage::Session& session, const events::Event& event);
  absl::Status Merge(storage::Session& session, const std::string& loser_id,
                     const std::string& winner_id);

  ContactAccessStore& contact_access_;
  PortalUserStore& portal_users_;
  LockoutStore& lockouts_;
};

}  // namespace portico::registration
