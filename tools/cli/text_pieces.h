#pragma once

#include <string_view>
#include <vector>

namespace portico::cli {

// `text` without the blanks, tabs and line breaks at its ends.
std::string_view Trimmed(std::string_view text);

// What stands between the separators, trimmed; empty pieces are left out.
std::vector<std::string_view> PiecesOf(std::string_view text, char separator);

}  // namespace portico::cli
