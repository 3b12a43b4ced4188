#include "libs/auth/access_rule.h"

#include <catch2/catch.hpp>

namespace portico::auth {
namespace {

using absl::StatusCode;

Caller With(CallerKind kind, Permissions permissions = {}) {
  return {.kind = kind,
          .subject = "someone",
          .session_id = "",
          .permissions = std::make_shared<const Permissions>(std::move(permissions))};
}

TEST_CASE("Access follows the audience, the kind of caller and the permission", "[auth]") {
  const Caller anonymous = With(CallerKind::kAnonymous, {"contacts.read"});
  const Caller staff = With(CallerKind::kStaff, {"contacts.read"});
  const Caller other_staff = With(CallerKind::kStaff, {"contacts.write"});
  const Caller service = With(CallerKind::kService, {"contacts.read"});
  const Caller other_service = With(CallerKind::kService, {"events.read"});
  const Caller portal_user = With(CallerKind::kPortalUser, {"contacts.read"});

  const AccessRule is_public{Audience::kPublic, ""};
  const AccessRule for_staff{Audience::kStaff, "contacts.read"};
  const AccessRule for_services{Audience::kService, "contacts.read"};
  const AccessRule for_portal_users{Audience::kPortalUser, ""};
  const AccessRule forgotten{Audience::kStaff, ""};

  const struct {
    const AccessRule& rule;
    const Caller& caller;
    StatusCode want;
  } cases[] = {
      {is_public, anonymous, StatusCode::kOk},
      {is_public, portal_user, StatusCode::kOk},
      {for_staff, anonymous, StatusCode::kUnauthenticated},
      {for_staff, staff, StatusCode::kOk},
      {for_staff, other_staff, StatusCode::kPermissionDenied},
      {for_staff, service, StatusCode::kOk},
      {for_staff, other_service, StatusCode::kPermissionDenied},
      {for_staff, portal_user, StatusCode::kPermissionDenied},
      {for_services, anonymous, StatusCode::kUnauthenticated},
      {for_services, staff, StatusCode::kPermissionDenied},
      {for_services, service, StatusCode::kOk},
      {for_services, other_service, StatusCode::kPermissionDenied},
      {for_services, portal_user, StatusCode::kPermissionDenied},
      {for_portal_users, anonymous, StatusCode::kUnauthenticated},
      {for_portal_users, staff, StatusCode::kPermissionDenied},
      {for_portal_users, service, StatusCode::kPermissionDenied},
      {for_portal_users, portal_user, StatusCode::kOk},
      {forgotten, staff, StatusCode::kPermissionDenied},
      {AccessRule{}, service, StatusCode::kPermissionDenied},
  };
  int number = 0;
  for (const auto& row : cases) {
    CAPTURE(number++);
    CHECK(Authorize(row.rule, row.caller).code() == row.want);
  }
}

TEST_CASE("A refusal names the missing permission", "[auth]") {
  const absl::Status status =
      Authorize({Audience::kStaff, "contacts.write"}, With(CallerKind::kStaff));
  CHECK(status.message() == "this call needs the permission \"contacts.write\"");
}

}  // namespace
}  // namespace portico::auth
