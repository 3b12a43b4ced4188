#pragma once

#include <string_view>

namespace portico::account {

// What stands for "Apt", "Unit", "Suite" and the like.
inline constexpr std::string_view kUnitMark = "#";

// The usual abbreviation of a word of an English address, in lower case: "st" for "street". A
// word that has none is its own.
std::string_view Abbreviation(std::string_view word);

}  // namespace portico::account
