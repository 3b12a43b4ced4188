#include "libs/mail/html_sanitizer.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <optional>
#include <regex>

#include "libs/mail/css_sanitizer.h"

namespace portico::mail {
namespace {

constexpr size_t kMaxReported = 50;
constexpr size_t kMaxReportLength = 80;
// libxml2 nests no deeper by itself.
constexpr int kMaxDepth = 250;

constexpr std::array<std::string_view, 75> kElements = {
    "a",    "abbr",       "address", "article", "aside",   "b",      "bdi",     "bdo",
    "big",  "blockquote", "body",    "br",      "caption", "center", "cite",    "code",
    "col",  "colgroup",   "dd",      "del",     "dfn",     "div",    "dl",      "dt",
    "em",   "figcaption", "figure",  "font",    "footer",  "h1",     "h2",      "h3",
    "h4",   "h5",         "h6",      "head",    "header",  "hr",     "html",    "i",
    "img",  "ins",        "kbd",     "li",      "main",    "mark",   "meta",    "nav",
    "ol",   "p",          "pre",     "q",       "s",       "samp",   "section", "small",
    "span", "strike",     "strong",  "style",   "sub",     "sup",    "table",   "tbody",
    "td",   "tfoot",      "th",      "thead",   "title",   "tr",     "tt",      "u",
    "ul",   "var",        "wbr"};
// Whose content goes with them: it is no text for readers, or another language than HTML.
constexpr std::array<std::string_view, 23> kDroppedWhole = {
    "applet", "audio",  "base", "canvas",   "embed",    "frame",    "frameset", "iframe",
    "input",  "link",   "math", "noembed",  "noframes", "noscript", "object",   "plaintext",
    "script", "select", "svg",  "template", "textarea", "video",    "xmp"};
constexpr std::array<std::string_view, 6> kVoid = {"br", "col", "hr", "img", "meta", "wbr"};
// On any element.
constexpr std::array<std::string_view, 37> kAttributes = {
    "abbr",    "align",   "alt",    "axis",    "bgcolor", "border",  "cellpadding", "cellspacing",
    "char",    "charoff", "class",  "clear",   "color",   "colspan", "compact",     "dir",
    "face",    "headers", "height", "hspace",  "id",      "lang",    "name",        "noshade",
    "nowrap",  "rel",     "role",   "rowspan", "scope",   "size",    "span",        "start",
    "summary", "title",   "type",   "valign",  "width"};
// What a reader's own options are: no redirection, no cookies.
constexpr std::array<std::string_view, 6> kMetaNames = {
    "author",           "color-scheme",
    "format-detection", "supported-color-schemes",
    "viewport",         "x-apple-disable-message-reformatting"};

template <size_t size>
bool Contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view View(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

std::string Printable(std::string_view text) {
  std::string result;
  for (const unsigned char c : text) {
    if (c == '\t' || c == '\n' || c == '\r' || !absl::ascii_iscntrl(c))
      result += static_cast<char>(c);
  }
  return result;
}

std::string EscapeText(std::string_view text) {
  return absl::StrReplaceAll(Printable(text),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\u00a0", "&nbsp;"}});
}

std::string EscapeAttribute(std::string_view text) {
  return absl::StrReplaceAll(
      Printable(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"\u00a0", "&nbsp;"}});
}

// As browsers read an address: without the blanks and control characters that they pass over.
std::string Address(std::string_view text) {
  std::string address;
  for (const unsigned char c : text) {
    if (c != '\t' && c != '\n' && c != '\r' && !absl::ascii_iscntrl(c))
      address += static_cast<char>(c);
  }
  absl::StripAsciiWhitespace(&address);
  return address;
}

// A link that a placeholder makes up, to which more may be added.
bool StartsWithLink(std::string_view address, LinkPlaceholder is_link) {
  const size_t end = address.find(']');
  return address.starts_with('[') && end != std::string_view::npos &&
         is_link(address.substr(1, end - 1));
}

// Whether it has one of the schemes, and up to its path nothing that is filled in.
bool HasScheme(std::string_view address, std::initializer_list<std::string_view> schemes) {
  const std::string lower = Lower(address);
  for (const std::string_view scheme : schemes) {
    if (!lower.starts_with(scheme)) continue;
    const size_t end = lower.find_first_of("/?#", scheme.size());
    return lower.substr(0, end).find('[') == std::string::npos && lower.size() > scheme.size();
  }
  return false;
}

class Sanitizer {
 public:
  Sanitizer(LinkPlaceholder is_link, std::string_view lang) : is_link_(is_link), lang_(lang) {}

  void Document(xmlNode* root) {
    out_ += "<!doctype html>\n";
    Node(root, 0);
    out_ += '\n';
  }

  // Of what the parser put round a fragment, only the content.
  void Fragment(xmlNode* root) {
    for (xmlNode* part = root->children; part != nullptr; part = part->next) {
      const std::string name = Lower(View(part->name));
      if (part->type == XML_ELEMENT_NODE && (name == "head" || name == "body")) {
        Children(part, 0);
      } else {
        Node(part, 0);
      }
    }
  }

  SanitizedHtml Take() { return {.html = std::move(out_), .removed = std::move(removed_)}; }

 private:
  void Report(const std::string& what) {
    std::string text = Printable(what);
    if (text.size() > kMaxReportLength) {
      size_t end = kMaxReportLength;
      while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // No half of a character.
      text = absl::StrCat(text.substr(0, end), "…");
    }
    if (removed_.size() < kMaxReported && std::ranges::find(removed_, text) == removed_.end()) {
      removed_.push_back(std::move(text));
    }
  }

  void Children(xmlNode* node, int depth) {
    for (xmlNode* child = node->children; child != nullptr; child = child->next) Node(child, depth);
  }

  void Node(xmlNode* node, int depth) {
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
      out_ += EscapeText(View(node->content));
    } else if (node->type == XML_COMMENT_NODE) {
      Comment(View(node->content));
    } else if (node->type == XML_ELEMENT_NODE) {
      Element(node, depth + 1);
    }
  }

  void Element(xmlNode* node, int depth) {
    const std::string name = Lower(View(node->name));
    if (depth > kMaxDepth || Contains(kDroppedWhole, name)) {
      Report(absl::StrCat("element <", name, ">"));
      return;
    }
    if (!Contains(kElements, name)) {
      Report(absl::StrCat("element <", name, ">"));
      Children(node, depth);
      return;
    }
    if (name == "style") return Style(node);
    if (name == "meta" && !IsAllowedMeta(node)) return Report("element <meta>");
    absl::StrAppend(&out_, "<", name);
    if (name == "html" && !lang_.empty()) {
      absl::StrAppend(&out_, " lang=\"", EscapeAttribute(lang_), "\"");
    }
    for (xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
      const std::unique_ptr<xmlChar, void (*)(void*)> value(
          xmlNodeListGetString(node->doc, attribute->children, 1), xmlFree);
      WriteAttribute(name, Lower(View(attribute->name)), View(value.get()));
    }
    out_ += '>';
    if (Contains(kVoid, name)) return;
    Children(node, depth);
    absl::StrAppend(&out_, "</", name, ">");
  }

  void WriteAttribute(const std::string& element, const std::string& name, std::string_view value) {
    if (element == "html" && name == "lang" && !lang_.empty()) return;
    const std::optional<std::string> kept = AttributeValue(element, name, value);
    if (kept.has_value()) {
      absl::StrAppend(&out_, " ", name, "=\"", EscapeAttribute(*kept), "\"");
    }
  }

  // What the attribute may hold; nullopt where it may not be there.
  std::optional<std::string> AttributeValue(const std::string& element, const std::string& name,
                                            std::string_view value) {
    if (name == "style") {
      std::string kept =
          SanitizeDeclarations(value, [this](const std::string& what) { Report(what); });
      return kept.empty() ? std::nullopt : std::optional(std::move(kept));
    }
    const bool is_image = name == "src" && element == "img";
    if (is_image || (name == "href" && element == "a")) {
      std::string address = Address(value);
      if (address.empty()) return std::nullopt;
      if (is_image ? HasScheme(address, {"https://", "cid:"}) : IsAllowedLink(address)) {
        return address;
      }
      Report(absl::StrCat(is_image ? "image " : "link ", address));
      return std::nullopt;
    }
    if (element == "html" && name.starts_with("xmlns")) {  // Outlook asks for them.
      return value.starts_with("http://www.w3.org/") || value.starts_with("urn:schemas-microsoft-")
                 ? std::optional<std::string>(value)
                 : std::nullopt;
    }
    const bool is_meta = element == "meta" && (name == "content" || name == "charset" ||
                                               name == "name" || name == "http-equiv");
    const bool is_target = element == "a" && name == "target" && Lower(value) == "_blank";
    if (is_meta || is_target || Contains(kAttributes, name) || IsAria(name)) {
      return Printable(value);
    }
    Report(absl::StrCat("attribute ", name, " of <", element, ">"));
    return std::nullopt;
  }

  static bool IsAria(std::string_view name) {
    return name.starts_with("aria-") && std::ranges::all_of(name.substr(5), absl::ascii_isalpha);
  }

  bool IsAllowedLink(const std::string& address) const {
    return address.starts_with('#') || StartsWithLink(address, is_link_) ||
           HasScheme(address, {"https://", "http://", "mailto:", "tel:"});
  }

  static std::string Attribute(xmlNode* node, const char* name) {
    const std::unique_ptr<xmlChar, void (*)(void*)> value(
        xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)), xmlFree);
    return Lower(View(value.get()));
  }

  static bool IsAllowedMeta(xmlNode* node) {
    const std::string equivalent = Attribute(node, "http-equiv");
    if (!equivalent.empty()) {
      return equivalent == "x-ua-compatible" ||
             (equivalent == "content-type" &&
              Attribute(node, "content").find("utf-8") != std::string::npos);
    }
    const std::string charset = Attribute(node, "charset");
    return charset.empty() ? Contains(kMetaNames, Attribute(node, "name")) : charset == "utf-8";
  }

  void Style(xmlNode* node) {
    std::string css;
    for (xmlNode* child = node->children; child != nullptr; child = child->next) {
      css += View(child->content);
    }
    const std::string kept =
        SanitizeStyleSheet(css, [this](const std::string& what) { Report(what); });
    if (!kept.empty()) absl::StrAppend(&out_, "<style>\n", kept, "</style>");
  }

  // Outlook reads what stands in <!--[if mso]>…<![endif]-->, so that is held to the same rules;
  // tag by tag, as such comments mostly open in one place what another closes.
  void Comment(std::string_view comment) {
    static const std::regex kRevealed(R"(\[if [\w \t().!|&]{1,60}\]><!|<!\[endif\])",
                                      std::regex::optimize);
    static const std::regex kOpening(R"(^(\[if [\w \t().!|&]{1,60}\]>))", std::regex::optimize);
    static const std::string kClosing = "<![endif]";
    const std::string text(comment);
    if (std::regex_match(text, kRevealed)) {
      absl::StrAppend(&out_, "<!--", text, "-->");
      return;
    }
    std::smatch opening;
    if (!text.starts_with("[if ") || !text.ends_with(kClosing) ||
        text.find("--") != std::string::npos || !std::regex_search(text, opening, kOpening)) {
      if (text.starts_with("[if ")) Report("conditional comment");
      return;  // Nobody misses other comments.
    }
    const std::string head = opening[1];
    const std::string_view inner =
        std::string_view(text).substr(head.size(), text.size() - head.size() - kClosing.size());
    const std::string kept = Tags(inner);
    if (kept.empty()) return Report("conditional comment");
    absl::StrAppend(&out_, "<!--", head, kept, kClosing, "-->");
  }

  // `text` with one blank for each run of white space.
  static std::string WithoutRuns(std::string_view text) {
    std::string result;
    for (const char c : text) {
      const bool is_space = absl::ascii_isspace(static_cast<unsigned char>(c));
      if (!is_space) result += c;
      if (is_space && !result.ends_with(' ')) result += ' ';
    }
    return result;
  }

  // The tags of `text` and what is between them; nothing when one of them may not be there.
  std::string Tags(std::string_view text) const {
    // Quoted values without markup, so that no tag can be something else to Outlook.
    static const std::regex kTag(
        R"(</?(table|tbody|tr|td|th|div|p|br|center|span|b|i|v:roundrect|v:rect|v:fill|v:textbox|w:anchorlock)"
        R"re(|o:officedocumentsettings|o:allowpng|o:pixelsperinch|xml)( +(align|arcsize|bgcolor|border|cellpadding|cellspacing|class|colspan|fillcolor|height|href|inset|role|stroke|strokecolor|style|valign|width|xmlns:[vow])="[^"<>\\&@]{0,300}")* */?>)re",
        std::regex::icase | std::regex::optimize);
    static const std::regex kSuspicious(
        R"((url|expression|image|position|behavior|javascript)\s{0,9}[(:])",
        std::regex::icase | std::regex::optimize);
    static const std::regex kLink(R"re(href="([^"]*)")re",
                                  std::regex::icase | std::regex::optimize);
    std::string result(text);
    if (std::regex_search(WithoutRuns(result), kSuspicious)) return "";
    for (size_t at = 0; (at = text.find_first_of("<>", at)) != std::string_view::npos;) {
      if (text[at] == '>') return "";
      const size_t end = text.find('>', at);
      if (end == std::string_view::npos || end - at > 2000) return "";
      const std::string tag(text.substr(at, end - at + 1));
      if (!std::regex_match(tag, kTag)) return "";
      std::smatch link;
      if (std::regex_search(tag, link, kLink) && !IsAllowedLink(link[1])) return "";
      if (link.empty() && tag.find('[') != std::string::npos) return "";
      at = end + 1;
    }
    return result;
  }

  const LinkPlaceholder is_link_;
  const std::string_view lang_;
  std::string out_;
  std::vector<std::string> removed_;
};

// Whether the text itself has what makes it a document, rather than the parser.
bool IsDocument(std::string_view html) {
  const std::string lower = Lower(html);
  return std::ranges::any_of(
      std::array{"<!doctype", "<html", "<head", "<body"}, [&](const char* mark) {
        const size_t at = lower.find(mark);
        // <header> is of a body.
        return at != std::string::npos && lower.compare(at, 7, "<header") != 0;
      });
}

}  // namespace

SanitizedHtml SanitizeHtml(std::string_view html, LinkPlaceholder is_link, std::string_view lang) {
  static const bool initialized = (xmlInitParser(), true);
  (void)initialized;
  const bool is_document = IsDocument(html);
  // In a body of its own a fragment keeps its bare texts and the comments at its start.
  const std::string whole = absl::StrCat(is_document ? "" : "<body>", std::string(html));
  const std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> document(
      htmlReadMemory(whole.data(), static_cast<int>(whole.size()), nullptr, "UTF-8",
                     HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                         HTML_PARSE_NONET | HTML_PARSE_NODEFDTD),
      xmlFreeDoc);
  Sanitizer sanitizer(is_link, lang);
  if (document != nullptr && xmlDocGetRootElement(document.get()) != nullptr) {
    xmlNode* const root = xmlDocGetRootElement(document.get());
    if (is_document) {
      sanitizer.Document(root);
    } else {
      sanitizer.Fragment(root);
    }
  }
  return sanitizer.Take();
}

}  // namespace portico::mail
