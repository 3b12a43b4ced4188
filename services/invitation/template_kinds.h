#pragma once

#include <span>
#include <string>
#include <string_view>

#include "portico/invitation/v1/template.pb.h"

namespace portico::invitation {

using portico::invitation::v1::TemplateKind;

// The names of placeholders, without brackets.
inline constexpr std::string_view kContactName = "ContactName";
inline constexpr std::string_view kCustomerPortalLink = "CustomerPortalLink";
inline constexpr std::string_view kAccountName = "AccountName";
inline constexpr std::string_view kAccountNumber = "AccountNumber";
inline constexpr std::string_view kDivisionName = "DivisionName";
inline constexpr std::string_view kExpiryDate = "ExpiryDate";
inline constexpr std::string_view kUserId = "UserId";
inline constexpr std::string_view kPasswordResetLink = "PasswordResetLink";
inline constexpr std::string_view kTemporaryPassword = "TemporaryPassword";
inline constexpr std::string_view kExpiryTime = "ExpiryTime";
inline constexpr std::string_view kEventTime = "EventTime";
inline constexpr std::string_view kPortalAddress = "PortalAddress";
inline constexpr std::string_view kRequesterName = "RequesterName";

// What may stand in the texts of a kind.
struct Placeholder {
  std::string_view name;
  // What it stands for where it is only shown. Links and passwords are visibly none.
  std::string_view sample;
  // The bodies make no sense without it, and it is secret: subjects, which are stored and shown,
  // must not have it.
  bool is_secret = false;
};
// None for a kind that does not exist.
std::span<const Placeholder> PlaceholdersOf(TemplateKind kind);

// Whether it can make up a link.
bool IsLinkPlaceholder(std::string_view name);

// Whether its mails carry the link of an invitation.
bool IsInvitationKind(TemplateKind kind);

// Whether a template of that kind can be used where one of `wanted` is asked for: whoever asks for
// an invitation may name one for addresses that were found, too.
bool CanServeAs(TemplateKind kind, TemplateKind wanted);

// "INVITATION" for TEMPLATE_KIND_INVITATION.
std::string KindName(TemplateKind kind);

}  // namespace portico::invitation
