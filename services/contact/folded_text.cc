#include "services/contact/folded_text.h"

#include <absl/strings/ascii.h>
#include <glib.h>

#include <algorithm>
#include <memory>

namespace portico::contact {
namespace {

using GlibText = std::unique_ptr<gchar, decltype(&g_free)>;

// Letters that Unicode does not take apart into a plain one and its mark.
const char* PlainOf(gunichar c) {
  switch (c) {
    case 0xE6:
      return "ae";  // æ
    case 0xF0:
      return "d";  // ð
    case 0xF8:
      return "o";  // ø
    case 0xFE:
      return "th";  // þ
    case 0x111:
      return "d";  // đ
    case 0x127:
      return "h";  // ħ
    case 0x131:
      return "i";  // ı
    case 0x142:
      return "l";  // ł
    case 0x153:
      return "oe";  // œ
    default:
      return nullptr;
  }
}

}  // namespace

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  absl::AsciiStrToLower(&lowered);
  return lowered;
}

std::string Folded(std::string_view text) {
  if (std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) return Lowered(text);
  const GlibText apart(
      g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_ALL), &g_free);
  if (apart == nullptr) {  // No UTF-8.
    std::string ascii = Lowered(text);
    std::ranges::replace_if(
        ascii, [](unsigned char c) { return c >= 0x80; }, '?');
    return ascii;
  }
  const GlibText lower(g_utf8_casefold(apart.get(), -1), &g_free);
  // Lower case may have marks of its own.
  const GlibText again(g_utf8_normalize(lower.get(), -1, G_NORMALIZE_ALL), &g_free);
  std::string folded;
  for (const gchar* at = again.get(); *at != '\0'; at = g_utf8_next_char(at)) {
    const gunichar c = g_utf8_get_char(at);
    if (g_unichar_ismark(c)) continue;
    if (const char* plain = PlainOf(c)) {
      folded += plain;
    } else {
      folded.append(at, g_utf8_next_char(at) - at);
    }
  }
  return folded;
}

}  // namespace portico::contact
