#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portico::invitation {

// The language tag (BCP 47) in its usual spelling, such as "en-US" for "EN-us"; nullopt where the
// text is none by its form: RFC 5646, section 2.1, with languages of two or three letters.
// Whether the language exists is not looked up.
std::optional<std::string> CanonicalLanguageTag(std::string_view text);

// Whether dates in texts of that language are written out in English: also where it is "".
bool IsEnglish(std::string_view tag);

}  // namespace portico::invitation
