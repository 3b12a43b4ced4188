#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portico::mail {

// HTML that may go into a mail, and what was taken out of it.
struct SanitizedHtml {
  std::string html;
  // For people, such as "element <script>" or "attribute onclick of <a>": each once, in the order
  // of the text, the first 50.
  std::vector<std::string> removed;
};

// What `html` holds that mail readers show and that does nothing by itself: the elements,
// attributes and CSS properties of an allow-list, links to https, http, mailto and tel, images
// from https and of the mail itself (cid), and Outlook's conditional comments as far as they
// hold the same. All else goes: scripts and their like with what they contain, other elements
// without; comments silently. What is left is written anew, so that every reader takes it for what
// it was taken for here. A whole document stays one, and has `lang` where that is not empty; a
// fragment stays a fragment.
//
// Placeholders such as [AccountName] are kept in texts and attributes. They can make up a link only
// where `is_link` answers true for the name, and its scheme and host never, since a value
// may come from a stranger; for the same reason no style has any.
//
// From what comes out nothing is taken out again.
using LinkPlaceholder = bool (*)(std::string_view name);
SanitizedHtml SanitizeHtml(std::string_view html, LinkPlaceholder is_link,
                           std::string_view lang = "");

}  // namespace portico::mail
