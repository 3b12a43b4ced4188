#include "libs/mail/html_text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_replace.h>
#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>

namespace portico::mail {
namespace {

constexpr std::array<std::string_view, 5> kUnseen = {"head", "script", "style", "template",
                                                     "title"};
constexpr std::array<std::string_view, 14> kParagraphs = {
    "blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"};
constexpr std::array<std::string_view, 15> kLines = {
    "address", "article", "aside",  "caption", "center", "dd",      "div", "dt",
    "figure",  "footer",  "header", "li",      "main",   "section", "tr"};

template <size_t size>
bool Contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Puts words on lines: breaks and spaces are only noted, and written before the
// next word, so that neither piles up nor trails.
class TextWriter {
 public:
  void Words(std::string_view text) {
    for (const char c : text) {
      if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
        space_ = true;
      } else {
        Put(c);
      }
    }
  }

  void Space() { space_ = true; }
  void Break() { newlines_ = std::min(newlines_ + 1, 2); }
  void NewLine() { newlines_ = std::max(newlines_, 1); }
  void NewParagraph() { newlines_ = 2; }

  size_t size() const { return text_.size(); }
  std::string_view Since(size_t start) const { return std::string_view(text_).substr(start); }

  std::string Take() {
    if (!text_.empty()) text_ += '\n';
    return std::move(text_);
  }

 private:
  void Put(char c) {
    if (!text_.empty()) {
      if (newlines_ > 0) {
        text_.append(newlines_, '\n');
      } else if (space_) {
        text_ += ' ';
      }
    }
    newlines_ = 0;
    space_ = false;
    text_ += c;
  }

  std::string text_;
  int newlines_ = 0;
  bool space_ = false;
};

std::string_view View(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

std::string Attribute(xmlNode* node, const char* name) {
  const std::unique_ptr<xmlChar, void (*)(void*)> value(
      xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)), xmlFree);
  std::string text(View(value.get()));
  absl::StripAsciiWhitespace(&text);
  return text;
}

void Write(xmlNode* node, TextWriter& out);

void WriteChildren(xmlNode* node, TextWriter& out) {
  for (xmlNode* child = node->children; child != nullptr; child = child->next) Write(child, out);
}

void WriteLink(xmlNode* node, TextWriter& out) {
  const size_t start = out.size();
  WriteChildren(node, out);
  std::string target = Attribute(node, "href");
  std::string label(out.Since(start));
  absl::StripAsciiWhitespace(&label);
  if (target.empty() || target.front() == '#' || target.rfind("javascript:", 0) == 0) return;
  if (target.rfind("mailto:", 0) == 0) target.erase(0, 7);
  if (label == target) return;
  if (!label.empty() && label.back() != ':') out.Words(":");
  out.Space();
  out.Words(target);
}

void Write(xmlNode* node, TextWriter& out) {
  if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
    // A no-break space is a space to readers of plain text.
    out.Words(absl::StrReplaceAll(reinterpret_cast<const char*>(node->content), {{"\u00a0", " "}}));
    return;
  }
  if (node->type != XML_ELEMENT_NODE) return;
  const std::string_view name = View(node->name);
  if (Contains(kUnseen, name)) return;
  const bool paragraph = Contains(kParagraphs, name), line = Contains(kLines, name);
  if (paragraph) out.NewParagraph();
  if (line) out.NewLine();
  if (name == "a") {
    WriteLink(node, out);
  } else if (name == "br") {
    out.Break();
  } else if (name == "hr") {
    out.Words("----");
  } else if (name == "img") {
    out.Words(Attribute(node, "alt"));
  } else {
    if (name == "li") out.Words("- ");
    if (name == "td" || name == "th") out.Space();
    WriteChildren(node, out);
  }
  if (paragraph) out.NewParagraph();
  if (line) out.NewLine();
}

}  // namespace

std::string TextFromHtml(std::string_view html) {
  static const bool initialized = (xmlInitParser(), true);
  (void)initialized;
  const std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> document(
      htmlReadMemory(html.data(), static_cast<int>(html.size()), nullptr, "UTF-8",
                     HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                         HTML_PARSE_NONET | HTML_PARSE_NODEFDTD),
      xmlFreeDoc);
  TextWriter out;
  if (document != nullptr && xmlDocGetRootElement(document.get()) != nullptr) {
    Write(xmlDocGetRootElement(document.get()), out);
  }
  return out.Take();
}

std::string EscapeHtml(std::string_view value) {
  return absl::StrReplaceAll(
      absl::string_view(value.data(), value.size()),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string HeaderValue(std::string_view value) {
  std::string line;
  bool gap = false;
  for (const char c : value) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      gap = true;
      continue;
    }
    if (gap && !line.empty() && line.back() != ' ' && c != ' ') line += ' ';
    gap = false;
    line += c;
  }
  absl::StripAsciiWhitespace(&line);
  return line;
}

}  // namespace portico::mail
