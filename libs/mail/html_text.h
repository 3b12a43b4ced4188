#pragma once

#include <string>
#include <string_view>

namespace portico::mail {

// `html` as plain text to be read: paragraphs and line breaks kept, other white
// space collapsed, list items marked, characters decoded, scripts and styles
// dropped. A link becomes its text and its target ("Sign in: https://…"), with white
// space round the target so that readers can follow it. Any input gives a result, and a
// placeholder such as [AccountName], also as a link's target, is kept as it is.
std::string TextFromHtml(std::string_view html);

// `value` to stand for itself in HTML text or a quoted attribute.
std::string EscapeHtml(std::string_view value);

// `value` to stand in one line of a header: each run of line breaks and other
// ASCII control characters becomes one space, outer spaces go.
std::string HeaderValue(std::string_view value);

}  // namespace portico::mail
