#pragma once

#include <absl/container/flat_hash_set.h>

#include <memory>
#include <string>

namespace portico::auth {

enum class CallerKind {
  kAnonymous,
  kStaff,       // People, and the back-end systems that the staff's issuer knows.
  kService,     // One of Portico's own processes.
  kPortalUser,  // Someone signed in to the customer portal.
};

using Permissions = absl::flat_hash_set<std::string>;

// Who makes a call.
struct Caller {
  CallerKind kind = CallerKind::kAnonymous;
  std::string subject;     // Staff subject, service name, or portal user id.
  std::string session_id;  // Of a portal user.
  // Shared by all calls made with one token; null when there are none.
  std::shared_ptr<const Permissions> permissions;
};

}  // namespace portico::auth
