#pragma once

#include <map>
#include <string>
#include <string_view>

#include "libs/rpc/errors.h"
#include "portico/invitation/v1/template.pb.h"

namespace portico::invitation {

using portico::invitation::v1::Template;

// A placeholder is a word of letters and digits in brackets that has both upper
// and lower case letters, so that a misspelt [contactName] is found, while [1],
// [NOTE] and HTML's [if mso] are just text.
inline constexpr std::string_view kContactName = "ContactName";
inline constexpr std::string_view kCustomerPortalLink = "CustomerPortalLink";
inline constexpr std::string_view kAccountName = "AccountName";
inline constexpr std::string_view kAccountNumber = "AccountNumber";
inline constexpr std::string_view kDivisionName = "DivisionName";
inline constexpr std::string_view kExpiryDate = "ExpiryDate";

// By the placeholders' names, without brackets.
using PlaceholderValues = std::map<std::string, std::string, std::less<>>;

struct TemplateText {
  std::string subject;
  std::string html_body;
  std::string text_body;  // Made from the HTML body when empty.
};

// Adds what is wrong with the texts: an unknown placeholder, a body without the
// link, or a subject with it (subjects are stored and shown, and the link is secret).
void CheckTexts(const Template& invitation, rpc::FieldErrors& errors);

// Puts the values in: escaped in the HTML body, without line breaks in the
// subject. A placeholder without a value becomes empty.
TemplateText Render(const TemplateText& text, const PlaceholderValues& values);
std::string RenderSubject(std::string_view subject, const PlaceholderValues& values);

}  // namespace portico::invitation
