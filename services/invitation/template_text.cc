#include "services/invitation/template_text.h"

#include <absl/functional/function_ref.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>

#include "libs/mail/html_text.h"

namespace portico::invitation {
namespace {

constexpr std::array kKnown = {kContactName,   kCustomerPortalLink, kAccountName,
                               kAccountNumber, kDivisionName,       kExpiryDate};

bool IsPlaceholder(std::string_view word) {
  return std::ranges::all_of(word, absl::ascii_isalnum) &&
         std::ranges::any_of(word, absl::ascii_isupper) &&
         std::ranges::any_of(word, absl::ascii_islower);
}

// `text` with each placeholder replaced by what `value` answers for its name.
std::string Replace(std::string_view text,
                    absl::FunctionRef<std::string(std::string_view name)> value) {
  std::string result;
  while (true) {
    const size_t open = text.find('[');
    result += text.substr(0, open);
    if (open == std::string_view::npos) return result;
    text.remove_prefix(open + 1);
    const size_t end = text.find_first_of("[]");
    if (end == std::string_view::npos || text[end] == '[' || !IsPlaceholder(text.substr(0, end))) {
      result += '[';
      continue;
    }
    result += value(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

std::string Bracketed(std::string_view name) { return absl::StrCat("[", std::string(name), "]"); }

// Adds unknown placeholders of one field; answers whether it has the link.
bool CheckText(std::string_view field, std::string_view text, rpc::FieldErrors& errors) {
  bool has_link = false;
  Replace(text, [&](std::string_view name) -> std::string {
    has_link |= name == kCustomerPortalLink;
    if (std::ranges::find(kKnown, name) == kKnown.end()) {
      std::string wanted;
      for (const std::string_view known : kKnown) {
        absl::StrAppend(&wanted, wanted.empty() ? "" : ", ", Bracketed(known));
      }
      errors.Add(field, absl::StrCat("got the placeholder ", rpc::Quoted(Bracketed(name)),
                                     ", want one of ", wanted));
    }
    return "";
  });
  return has_link;
}

std::string ValueOf(const PlaceholderValues& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

}  // namespace

void CheckTexts(const Template& invitation, rpc::FieldErrors& errors) {
  if (CheckText("template.subject", invitation.subject(), errors)) {
    errors.Add("template.subject", "got [CustomerPortalLink], want it in the bodies only");
  }
  const std::string missing = "got no [CustomerPortalLink], want one: it becomes the link";
  if (!CheckText("template.html_body", invitation.html_body(), errors)) {
    errors.Add("template.html_body", missing);
  }
  if (!CheckText("template.text_body", invitation.text_body(), errors) &&
      !invitation.text_body().empty()) {
    errors.Add("template.text_body", missing);
  }
}

TemplateText Render(const TemplateText& text, const PlaceholderValues& values) {
  const auto plain = [&](std::string_view name) { return ValueOf(values, name); };
  const auto escaped = [&](std::string_view name) {
    return mail::EscapeHtml(ValueOf(values, name));
  };
  const std::string text_body =
      text.text_body.empty() ? mail::TextFromHtml(text.html_body) : text.text_body;
  return {.subject = RenderSubject(text.subject, values),
          .html_body = Replace(text.html_body, escaped),
          .text_body = Replace(text_body, plain)};
}

std::string RenderSubject(std::string_view subject, const PlaceholderValues& values) {
  return mail::HeaderValue(
      Replace(subject, [&](std::string_view name) { return ValueOf(values, name); }));
}

}  // namespace portico::invitation
