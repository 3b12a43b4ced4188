#include "libs/auth/access_rule.h"

namespace portico::auth {
namespace {

bool IsAmong(CallerKind kind, Audience audience) {
  switch (audience) {
    case Audience::kPublic:
      return true;
    case Audience::kStaff:
      return kind == CallerKind::kStaff || kind == CallerKind::kService;
    case Audience::kService:
      return kind == CallerKind::kService;
    case Audience::kPortalUser:
      return kind == CallerKind::kPortalUser;
  }
  return false;
}

std::string_view Whom(Audience audience) {
  switch (audience) {
    case Audience::kPublic:
      return "everyone";
    case Audience::kStaff:
      return "staff";
    case Audience::kService:
      return "services";
    case Audience::kPortalUser:
      return "portal users";
  }
  return "nobody";
}

}  // namespace

absl::Status Authorize(const AccessRule& rule, const Caller& caller) {
  if (rule.audience == Audience::kPublic) return absl::OkStatus();
  if (caller.kind == CallerKind::kAnonymous) {
    return absl::UnauthenticatedError("this call needs credentials");
  }
  if (!IsAmong(caller.kind, rule.audience)) {
    return absl::PermissionDeniedError("this call is for " + std::string(Whom(rule.audience)) +
                                       " only");
  }
  if (rule.audience == Audience::kPortalUser) return absl::OkStatus();
  const bool permitted = !rule.permission.empty() && caller.permissions != nullptr &&
                         caller.permissions->contains(rule.permission);
  if (!permitted) {
    return absl::PermissionDeniedError("this call needs the permission \"" + rule.permission +
                                       "\"");
  }
  return absl::OkStatus();
}

}  // namespace portico::auth
