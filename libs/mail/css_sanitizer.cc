#include "libs/mail/css_sanitizer.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <array>

namespace portico::mail {
namespace {

// Nested rules beyond this are no mail's.
constexpr int kMaxDepth = 2;

// A property is allowed by its name, or by what its name starts with.
constexpr std::array<std::string_view, 61> kProperties = {"-ms-interpolation-mode",
                                                          "-ms-text-size-adjust",
                                                          "-webkit-font-smoothing",
                                                          "-webkit-text-size-adjust",
                                                          "background",
                                                          "background-clip",
                                                          "background-color",
                                                          "background-position",
                                                          "background-repeat",
                                                          "background-size",
                                                          "border",
                                                          "box-shadow",
                                                          "box-sizing",
                                                          "caption-side",
                                                          "clear",
                                                          "color",
                                                          "color-scheme",
                                                          "column-gap",
                                                          "cursor",
                                                          "direction",
                                                          "display",
                                                          "empty-cells",
                                                          "float",
                                                          "font",
                                                          "gap",
                                                          "height",
                                                          "hyphens",
                                                          "letter-spacing",
                                                          "line-break",
                                                          "line-height",
                                                          "list-style",
                                                          "margin",
                                                          "max-height",
                                                          "max-width",
                                                          "min-height",
                                                          "min-width",
                                                          "object-fit",
                                                          "opacity",
                                                          "orphans",
                                                          "outline",
                                                          "overflow",
                                                          "overflow-wrap",
                                                          "overflow-x",
                                                          "overflow-y",
                                                          "padding",
                                                          "page-break-after",
                                                          "page-break-before",
                                                          "page-break-inside",
                                                          "row-gap",
                                                          "supported-color-schemes",
                                                          "table-layout",
                                                          "unicode-bidi",
                                                          "vertical-align",
                                                          "visibility",
                                                          "white-space",
                                                          "widows",
                                                          "width",
                                                          "word-break",
                                                          "word-spacing",
                                                          "word-wrap",
                                                          "zoom"};
constexpr std::array<std::string_view, 8> kFamilies = {
    "border-", "flex-", "font-", "list-style-", "margin-", "mso-", "padding-", "text-"};
constexpr std::array<std::string_view, 9> kFunctions = {
    "calc", "hsl", "hsla", "linear-gradient", "max", "min", "rgb", "rgba", "radial-gradient"};

template <size_t size>
bool Contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view Strip(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

bool IsAllowedProperty(std::string_view name) {
  if (!std::ranges::all_of(name, IsNameCharacter)) return false;
  return Contains(kProperties, name) ||
         std::ranges::any_of(kFamilies, [&](std::string_view family) {
           return name.size() > family.size() && name.starts_with(family);
         });
}

// Where the text from `start` on has one of `ends` outside of quotes and parentheses.
size_t FindOutside(std::string_view css, size_t start, std::string_view ends) {
  char quote = 0;
  int depth = 0;
  for (size_t i = start; i < css.size(); ++i) {
    const char c = css[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (depth == 0 && ends.find(c) != std::string_view::npos) {
      return i;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      depth = std::max(0, depth - 1);
    }
  }
  return std::string_view::npos;
}

// Quotes and parentheses that are opened are closed, no escape hides anything, and what is called
// computes a length or a color.
bool IsAllowedValue(std::string_view value) {
  char quote = 0;
  int depth = 0;
  size_t name = 0;  // Where the present word starts.
  for (size_t i = 0; i < value.size(); ++i) {
    const unsigned char c = value[i];
    if (std::string_view("\\<>{}@;[]`").find(c) != std::string_view::npos ||
        absl::ascii_iscntrl(c)) {
      return false;
    }
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
      const std::string function = Lower(value.substr(name, i - name));
      if (!function.empty() && !Contains(kFunctions, function)) return false;
    } else if (c == ')') {
      if (--depth < 0) return false;
    } else if (c >= 0x80 || c == ':') {
      return false;
    }
    if (!IsNameCharacter(c)) name = i + 1;
  }
  return quote == 0 && depth == 0;
}

std::string WithoutComments(std::string_view css) {
  std::string text;
  while (true) {
    const size_t open = css.find("/*");
    text += css.substr(0, open);
    if (open == std::string_view::npos) return text;
    const size_t close = css.find("*/", open + 2);
    if (close == std::string_view::npos) return text;
    text += ' ';
    css.remove_prefix(close + 2);
  }
}

// A selector, or the condition of @media: what names elements and sizes, and nothing else.
bool IsAllowedPrelude(std::string_view prelude) {
  return !prelude.empty() && std::ranges::all_of(prelude, [](char c) {
    return IsNameCharacter(c) || absl::ascii_isspace(static_cast<unsigned char>(c)) ||
           std::string_view(".,#:>+~*()").find(c) != std::string_view::npos;
  });
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  absl::RemoveExtraAsciiWhitespace(&line);
  for (char& c : line) {
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) c = ' ';
  }
  return line;
}

std::string Declarations(std::string_view css, const RemovedStyle& removed) {
  std::string result;
  while (!css.empty()) {
    const size_t end = FindOutside(css, 0, ";");
    const std::string_view declaration = Strip(css.substr(0, end));
    css = end == std::string_view::npos ? std::string_view() : css.substr(end + 1);
    if (declaration.empty()) continue;
    const size_t colon = declaration.find(':');
    const std::string name = Lower(Strip(declaration.substr(0, colon)));
    const std::string value =
        colon == std::string_view::npos ? "" : OneLine(Strip(declaration.substr(colon + 1)));
    if (value.empty() || !IsAllowedProperty(name) || !IsAllowedValue(value)) {
      removed(absl::StrCat("style ", name));
      continue;
    }
    absl::StrAppend(&result, result.empty() ? "" : " ", name, ":", value, ";");
  }
  return result;
}

std::string Rules(std::string_view css, int depth, const RemovedStyle& removed);

// A rule of which `body` is what stands in its braces.
std::string Rule(std::string_view prelude, std::string_view body, int depth,
                 const RemovedStyle& removed) {
  const std::string head = OneLine(prelude);
  const bool is_media = head.starts_with("@media");
  if (!IsAllowedPrelude(is_media ? std::string_view(head).substr(6) : std::string_view(head)) ||
      (is_media && depth == kMaxDepth)) {
    removed(absl::StrCat("style rule ", head.substr(0, head.find(' '))));
    return "";
  }
  const std::string content =
      is_media ? Rules(body, depth + 1, removed) : Declarations(body, removed);
  if (content.empty()) return "";
  return is_media ? absl::StrCat(head, " {\n", content, "}\n")
                  : absl::StrCat(head, " { ", content, " }\n");
}

// Where the brace is closed that is open before `start`.
size_t FindClosing(std::string_view css, size_t start) {
  for (int depth = 1; (start = FindOutside(css, start, "{}")) != std::string_view::npos; ++start) {
    depth += css[start] == '{' ? 1 : -1;
    if (depth == 0) return start;
  }
  return std::string_view::npos;
}

std::string Rules(std::string_view css, int depth, const RemovedStyle& removed) {
  std::string result;
  while (!(css = Strip(css)).empty()) {
    const size_t open = FindOutside(css, 0, "{;}");
    if (open == std::string_view::npos || css[open] != '{') {  // Such as @import "…";
      removed(
          absl::StrCat("style rule ",
                       OneLine(css.substr(0, std::min<size_t>(open, css.find_first_of(" \n\t"))))));
      if (open == std::string_view::npos) return result;
      css.remove_prefix(open + 1);
      continue;
    }
    const size_t close = FindClosing(css, open + 1);
    result += Rule(Strip(css.substr(0, open)),
                   css.substr(open + 1, close == std::string_view::npos ? close : close - open - 1),
                   depth, removed);
    if (close == std::string_view::npos) return result;
    css.remove_prefix(close + 1);
  }
  return result;
}

}  // namespace

std::string SanitizeDeclarations(std::string_view css, const RemovedStyle& removed) {
  return Declarations(WithoutComments(css), removed);
}

std::string SanitizeStyleSheet(std::string_view css, const RemovedStyle& removed) {
  // Some style sheets are hidden from readers that know none.
  return Rules(absl::StrReplaceAll(WithoutComments(css), {{"<!--", " "}, {"-->", " "}}), 1,
               removed);
}

}  // namespace portico::mail
