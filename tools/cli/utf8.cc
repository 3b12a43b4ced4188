#include "tools/cli/utf8.h"

#include <cstddef>

namespace portico::cli {
namespace {

// The length of the character that `text` begins with; 0 where it is none.
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;  // Overlong.
  if (first == 0xED && byte(1) > 0x9F) return 0;  // A surrogate.
  if (first == 0xF0 && byte(1) < 0x90) return 0;  // Overlong.
  if (first == 0xF4 && byte(1) > 0x8F) return 0;  // Above U+10FFFF.
  return length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace portico::cli
