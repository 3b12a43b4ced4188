#pragma once

#include <string>
#include <string_view>

namespace portico::account {

// The text in lower case, with Latin letters as those of English that stand for them: "Straße"
// becomes "strasse". What it does not know stays as it is.
std::string FoldLetters(std::string_view text);

}  // namespace portico::account
