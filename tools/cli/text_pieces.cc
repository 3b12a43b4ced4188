#include "tools/cli/text_pieces.h"

#include <algorithm>

namespace portico::cli {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::vector<std::string_view> PiecesOf(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const size_t end = std::min(text.find(separator), text.size());
    const std::string_view piece = Trimmed(text.substr(0, end));
    if (!piece.empty()) pieces.push_back(piece);
    if (end == text.size()) return pieces;
    text.remove_prefix(end + 1);
  }
}

}  // namespace portico::cli
