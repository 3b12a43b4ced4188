#include "services/invitation/template_text.h"

#include <absl/functional/function_ref.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>

#include "libs/mail/html_sanitizer.h"
#include "libs/mail/html_text.h"
#include "services/invitation/language_tag.h"

namespace portico::invitation {
namespace {

bool IsPlaceholder(std::string_view word) {
  return std::ranges::all_of(word, absl::ascii_isalnum) &&
         std::ranges::any_of(word, absl::ascii_isupper) &&
         std::ranges::any_of(word, absl::ascii_islower);
}

// `text` with each placeholder replaced by what `value` answers for its name.
std::string Replace(std::string_view text,
                    absl::FunctionRef<std::string(std::string_view name)> value) {
  std::string result;
  for (const TextPiece& piece : TakeApart(text)) {
    result += piece.text;
    if (!piece.placeholder.empty()) result += value(piece.placeholder);
  }
  return result;
}

std::string Bracketed(std::string_view name) { return absl::StrCat("[", std::string(name), "]"); }

// Adds the unknown placeholders of one field; answers the known ones.
std::set<std::string, std::less<>> Placeholders(TemplateKind kind, const std::string& field,
                                                std::string_view text, rpc::FieldErrors& errors) {
  const std::span<const Placeholder> known = PlaceholdersOf(kind);
  std::set<std::string, std::less<>> found;
  Replace(text, [&](std::string_view name) -> std::string {
    if (std::ranges::find(known, name, &Placeholder::name) != known.end()) {
      found.emplace(name);
      return "";
    }
    std::string wanted;
    for (const Placeholder& placeholder : known) {
      absl::StrAppend(&wanted, wanted.empty() ? "" : ", ", Bracketed(placeholder.name));
    }
    errors.Add(field, absl::StrCat("got the placeholder ", rpc::Quoted(Bracketed(name)),
                                   ", want one of ", wanted));
    return "";
  });
  return found;
}

std::string ValueOf(const PlaceholderValues& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

}  // namespace

std::vector<TextPiece> TakeApart(std::string_view text) {
  std::vector<TextPiece> pieces(1);
  while (true) {
    const size_t open = text.find('[');
    pieces.back().text += text.substr(0, open);
    if (open == std::string_view::npos) return pieces;
    text.remove_prefix(open + 1);
    const size_t end = text.find_first_of("[]");
    if (end == std::string_view::npos || text[end] == '[' || !IsPlaceholder(text.substr(0, end))) {
      pieces.back().text += '[';
      continue;
    }
    pieces.back().placeholder = text.substr(0, end);
    pieces.emplace_back();
    text.remove_prefix(end + 1);
  }
}

CheckedText CheckText(TemplateKind kind, const TemplateText& text, std::string_view locale,
                      std::string_view prefix, rpc::FieldErrors& errors) {
  mail::SanitizedHtml sanitized = mail::SanitizeHtml(text.html_body, IsLinkPlaceholder, locale);
  CheckedText checked{.text = text, .removed = std::move(sanitized.removed)};
  checked.text.html_body = std::move(sanitized.html);

  const std::string fields(prefix);
  const std::string subject = fields + "subject", html = fields + "html_body",
                    plain = fields + "text_body";
  const auto in_subject = Placeholders(kind, subject, text.subject, errors);
  const auto in_html = Placeholders(kind, html, checked.text.html_body, errors);
  const auto in_plain = Placeholders(kind, plain, text.text_body, errors);
  if (checked.text.html_body.empty() && !text.html_body.empty()) {
    errors.Add(html, "got nothing that mail may hold, want text");
  }
  for (const Placeholder& placeholder : PlaceholdersOf(kind)) {
    if (!placeholder.is_secret) continue;
    const std::string name = Bracketed(placeholder.name);
    if (in_subject.contains(placeholder.name)) {
      errors.Add(subject, absl::StrCat("got ", name, ", want it in the bodies only"));
    }
    const std::string missing =
        absl::StrCat("got no ", name, ", want one: without it the mail is of no use");
    if (!in_html.contains(placeholder.name)) errors.Add(html, missing);
    if (!in_plain.contains(placeholder.name) && !text.text_body.empty()) {
      errors.Add(plain, missing);
    }
  }
  return checked;
}

void CheckTemplate(Template& text, rpc::FieldErrors& errors) {
  if (PlaceholdersOf(text.kind()).empty()) {
    errors.Add("template.kind", absl::StrCat("got ", static_cast<int>(text.kind()),
                                             ", want a kind such as TEMPLATE_KIND_INVITATION"));
    return;
  }
  if (!text.locale().empty()) {
    const std::optional<std::string> tag = CanonicalLanguageTag(text.locale());
    if (!tag.has_value()) {
      errors.Add("template.locale", absl::StrCat("got ", rpc::Quoted(text.locale()),
                                                 R"(, want a language tag such as "en-US")"));
      return;
    }
    text.set_locale(*tag);
  }
  CheckedText checked = CheckText(text.kind(), {text.subject(), text.html_body(), text.text_body()},
                                  text.locale(), "template.", errors);
  text.set_html_body(std::move(checked.text.html_body));
  *text.mutable_removed() = {checked.removed.begin(), checked.removed.end()};
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

std::string DateText(absl::Time time, std::string_view locale) {
  return absl::FormatTime(IsEnglish(locale) ? "%-d %B %Y" : "%Y-%m-%d", time, absl::UTCTimeZone());
}

}  // namespace portico::invitation
