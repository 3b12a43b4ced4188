#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace portico::mail {

// Hears of what is taken out, such as "style position".
using RemovedStyle = std::function<void(const std::string&)>;

// The declarations of a style attribute ("color:red; margin:0") that mail may hold: known
// properties of looks and layout, whose values load nothing, run nothing and leave the mail's
// place on the screen. Each ends with a semicolon.
std::string SanitizeDeclarations(std::string_view css, const RemovedStyle& removed);

// The rules of a style sheet with such declarations, alone or within @media. Comments and other
// at-rules go. What comes out has no "<".
std::string SanitizeStyleSheet(std::string_view css, const RemovedStyle& removed);

}  // namespace portico::mail
