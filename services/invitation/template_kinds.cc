#include "services/invitation/template_kinds.h"

#include <array>

namespace portico::invitation {

using namespace portico::invitation::v1;  // The kinds' names.

namespace {

constexpr Placeholder kName = {.name = kContactName, .sample = "Jane Doe"};
constexpr Placeholder kAccount = {.name = kAccountName, .sample = "Example Company"};
constexpr Placeholder kNumber = {.name = kAccountNumber, .sample = "4941"};
constexpr Placeholder kDivision = {.name = kDivisionName, .sample = "Example Division"};
constexpr Placeholder kUser = {.name = kUserId, .sample = "jane.doe"};
constexpr Placeholder kUntil = {.name = kExpiryTime, .sample = "2030-01-31 12:00 UTC"};
constexpr Placeholder kWhen = {.name = kEventTime, .sample = "2030-01-31 12:00 UTC"};
constexpr Placeholder kPortal = {.name = kPortalAddress, .sample = "https://portal.example"};

constexpr std::array kOfInvitation = {
    kName,
    Placeholder{.name = kCustomerPortalLink,
                .sample = "https://portal.example/accept#token=EXAMPLE-NOT-A-REAL-LINK",
                .is_secret = true},
    kAccount,
    kNumber,
    kDivision,
    Placeholder{.name = kExpiryDate, .sample = "2030-01-31"}};
constexpr std::array kOfGeneral = {kName, kAccount, kNumber, kDivision};
constexpr std::array kOfPasswordReset = {
    kName, kUser,
    Placeholder{.name = kPasswordResetLink,
                .sample = "https://portal.example/reset#token=EXAMPLE-NOT-A-REAL-LINK",
                .is_secret = true},
    kUntil, kPortal};
constexpr std::array kOfTemporaryPassword = {
    kName, kUser,
    Placeholder{.name = kTemporaryPassword, .sample = "EXAMPLE-NOT-A-PASSWORD", .is_secret = true},
    kUntil, kPortal};
constexpr std::array kOfLoginRequested = {
    kName, Placeholder{.name = kRequesterName, .sample = "John Roe"}, kAccount, kNumber, kDivision,
    kWhen};
constexpr std::array kOfChange = {kName, kUser, kWhen, kPortal};

}  // namespace

std::span<const Placeholder> PlaceholdersOf(TemplateKind kind) {
  switch (kind) {
    case TEMPLATE_KIND_INVITATION:
    case TEMPLATE_KIND_REMINDER:
    case TEMPLATE_KIND_ADDRESS_FOUND:
      return kOfInvitation;
    case TEMPLATE_KIND_GENERAL:
      return kOfGeneral;
    case TEMPLATE_KIND_PASSWORD_RESET:
      return kOfPasswordReset;
    case TEMPLATE_KIND_TEMPORARY_PASSWORD:
      return kOfTemporaryPassword;
    case TEMPLATE_KIND_LOGIN_REQUESTED:
      return kOfLoginRequested;
    case TEMPLATE_KIND_PASSWORD_CHANGED:
    case TEMPLATE_KIND_EMAIL_CHANGED:
      return kOfChange;
    default:
      return {};
  }
}

bool IsLinkPlaceholder(std::string_view name) {
  return name == kCustomerPortalLink || name == kPasswordResetLink || name == kPortalAddress;
}

bool IsInvitationKind(TemplateKind kind) {
  return kind == TEMPLATE_KIND_INVITATION || kind == TEMPLATE_KIND_REMINDER ||
         kind == TEMPLATE_KIND_ADDRESS_FOUND;
}

bool CanServeAs(TemplateKind kind, TemplateKind wanted) {
  return kind == wanted ||
         (wanted == TEMPLATE_KIND_INVITATION && kind == TEMPLATE_KIND_ADDRESS_FOUND) ||
         (wanted == TEMPLATE_KIND_ADDRESS_FOUND && kind == TEMPLATE_KIND_INVITATION);
}

std::string KindName(TemplateKind kind) {
  constexpr std::string_view kPrefix = "TEMPLATE_KIND_";
  return TemplateKind_Name(kind).substr(kPrefix.size());
}

}  // namespace portico::invitation
