#pragma once

#include <absl/time/time.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libs/rpc/errors.h"
#include "services/invitation/template_kinds.h"

namespace portico::invitation {

using portico::invitation::v1::Template;

// A placeholder is a word of letters and digits in brackets that has both upper
// and lower case letters, so that a misspelt [contactName] is found, while [1],
// [NOTE] and HTML's [if mso] are just text. Which there are: template_kinds.h.

// By the placeholders' names, without brackets.
using PlaceholderValues = std::map<std::string, std::string, std::less<>>;

struct TemplateText {
  std::string subject;
  std::string html_body;
  std::string text_body;  // Made from the HTML body when empty.
};

// A text taken apart at its placeholders: text, and the name of the placeholder after it, which is
// empty at the end.
struct TextPiece {
  std::string text;
  std::string placeholder = {};
};
std::vector<TextPiece> TakeApart(std::string_view text);

// Texts as they may be stored and mailed.
struct CheckedText {
  TemplateText text;                 // Its HTML is sanitized, and of the language.
  std::vector<std::string> removed;  // What was taken out of it, for people.
};

// What may be mailed of `text`. Adds what is wrong with it: a placeholder that the kind does not
// have, a body without the one that it needs, or a subject with that one. `prefix` is put before
// the fields' names, such as "template.".
CheckedText CheckText(TemplateKind kind, const TemplateText& text, std::string_view locale,
                      std::string_view prefix, rpc::FieldErrors& errors);

// The same for a template, whose HTML body becomes what may be mailed of it, whose locale gets its
// usual spelling, and which tells what was removed.
void CheckTemplate(Template& text, rpc::FieldErrors& errors);

// Puts the values in: escaped in the HTML body, without line breaks in the
// subject. A placeholder without a value becomes empty.
TemplateText Render(const TemplateText& text, const PlaceholderValues& values);
std::string RenderSubject(std::string_view subject, const PlaceholderValues& values);

// A day in UTC, since without the reader's time zone no hour can be told: "3 June 2026" in texts
// in English or in any language, and "2026-06-03" in others, which all can read.
std::string DateText(absl::Time time, std::string_view locale);

}  // namespace portico::invitation
