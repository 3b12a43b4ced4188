#pragma once

#include <absl/status/status.h>

#include <string>

#include "libs/auth/caller.h"

namespace portico::auth {

enum class Audience {
  kPublic,
  kStaff,       // Staff or a service, with the permission.
  kService,     // Services only, with the permission.
  kPortalUser,  // The signed-in portal user; the permission does not matter.
};

// Who may call an RPC, as its proto states.
struct AccessRule {
  Audience audience = Audience::kService;
  std::string permission;
};

// UNAUTHENTICATED: the caller is anonymous.
// PERMISSION_DENIED: the caller is another kind than the rule wants, or lacks the
// permission, which the message names. A rule without a permission that needs one lets nobody in.
absl::Status Authorize(const AccessRule& rule, const Caller& caller);

}  // namespace portico::auth
