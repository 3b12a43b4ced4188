#pragma once

#include <span>
#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/registration/portal_user_store.h"

namespace portico::registration {

// Follows the account service: memberships show the account's present name.
class AccountNames final : public events::EventHandler {
 public:
  explicit AccountNames(PortalUserStore& portal_users) : portal_users_(portal_users) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  PortalUserStore& portal_users_;
};

// Follows the contact service: a membership sees its contact's site, or all when
// the contact is the account's.
class ContactSites final : public events::EventHandler {
 public:
  explicit ContactSites(PortalUserStore& portal_users) : portal_users_(portal_users) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  PortalUserStore& portal_users_;
};

}  // namespace portico::registration
