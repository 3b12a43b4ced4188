#include "services/account/letter_folding.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace portico::account {
namespace {

// U+00C0 to U+017F, one after the other; those of several letters stand below. "?" is none.
constexpr std::string_view kLatin =
    "aaaaaa?ceeeeiiiidnooooo?ouuuuy??"   // À to ß
    "aaaaaa?ceeeeiiiidnooooo?ouuuuy?y"   // à to ÿ
    "aaaaaaccccccccddddeeeeeeeeeegggg"   // Ā to ğ
    "gggghhhhiiiiiiiiii??jjkkklllllll"   // Ġ to Ŀ
    "lllnnnnnnnnnoooooo??rrrrrrssssss"   // ŀ to ş
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";  // Š to ſ
constexpr char32_t kFirstLatin = 0xC0;
static_assert(kLatin.size() == 0x180 - kFirstLatin);

constexpr struct {
  char32_t letter;
  std::string_view folded;
} kSeveral[] = {{0xAA, "a"},   {0xB0, "o"},   {0xBA, "o"},  // Of "Nº", also written "N°".
                {0xC6, "ae"},  {0xDE, "th"},  {0xDF, "ss"},  {0xE6, "ae"}, {0xFE, "th"},
                {0x132, "ij"}, {0x133, "ij"}, {0x152, "oe"}, {0x153, "oe"}};

bool IsMark(char32_t c) { return c >= 0x300 && c <= 0x36F; }

// The character at `at` and how many bytes it has. The text is UTF-8: requests are checked.
std::pair<char32_t, size_t> CharacterAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(i < text.size() ? text[i] : 0); };
  const uint8_t lead = byte(at);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t character = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) character = (character << 6) | (byte(at + i) & 0x3F);
  return {character, std::min(length, text.size() - at)};
}

std::string_view Folded(char32_t c, std::string_view as_it_is) {
  if (IsMark(c)) return "";
  for (const auto& several : kSeveral) {
    if (several.letter == c) return several.folded;
  }
  if (c < kFirstLatin || c - kFirstLatin >= kLatin.size()) return as_it_is;
  const std::string_view one = kLatin.substr(c - kFirstLatin, 1);
  return one == "?" ? as_it_is : one;
}

}  // namespace

std::string FoldLetters(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto [character, length] = CharacterAt(text, at);
    if (character < 0x80) {
      folded += absl::ascii_tolower(static_cast<unsigned char>(character));
    } else {
      folded += Folded(character, text.substr(at, length));
    }
    at += length;
  }
  return folded;
}

}  // namespace portico::account
