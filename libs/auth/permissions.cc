#include "libs/auth/permissions.h"

namespace portico::auth {

const std::vector<std::string>& StaffPermissions() {
  static const auto& permissions = *new std::vector<std::string>{
      "access_requests.review", "accounts.read",    "accounts.write",      "contacts.bulk_email",
      "contacts.read",          "contacts.write",   "delivery.report",     "events.read",
      "invitations.read",       "invitations.send", "portal_users.manage", "setup.write",
      "templates.write",
  };
  return permissions;
}

const std::vector<ServiceCeiling>& ServiceCeilings() {
  static const auto& ceilings = *new std::vector<ServiceCeiling>{
      {"account", {"contacts.write"}},
      {"contact", {"events.read", "accounts.read"}},
      {"invitation", {"events.read", "accounts.read", "contacts.read"}},
      {"registration", {"events.read", "invitations.redeem", "messages.send"}},
      {"gateway", {}},
  };
  return ceilings;
}

}  // namespace portico::auth
