#include "libs/mail/quoted_printable.h"

#include <array>
#include <cstdint>

namespace portico::mail {
namespace {

constexpr size_t kLineLength = 76;
constexpr std::string_view kSoftBreak = "=\r\n";

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

constexpr std::array<bool, 256> kLiteral = [] {
  std::array<bool, 256> literal{};
  for (int c = ' '; c <= '~'; ++c) literal[static_cast<size_t>(c)] = c != '=';
  literal['\t'] = true;
  return literal;
}();

bool StandsForItself(char c) { return kLiteral[static_cast<unsigned char>(c)]; }

void AppendHex(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '=';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// A space or tab at the end of a line, where the next reader may drop it.
void EncodeLastBlank(std::string& out, size_t column) {
  if (column == 0 || !IsBlank(out.back())) return;
  const char blank = out.back();
  out.pop_back();
  if (column + 2 > kLineLength) out += kSoftBreak;
  AppendHex(out, blank);
}

size_t LastColumn(std::string_view text) {
  const size_t end = text.rfind('\n');
  return end == std::string_view::npos ? text.size() : text.size() - end - 1;
}

}  // namespace

std::string EncodeQuotedPrintable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16 + 8);
  size_t column = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      EncodeLastBlank(out, column);
      out += "\r\n";
      column = 0;
      continue;
    }
    const size_t width = StandsForItself(c) ? 1 : 3;
    if (column + width >= kLineLength) {  // The last place is a soft break's.
      out += kSoftBreak;
      column = 0;
    }
    const bool is_special =
        column == 0 && (c == '.' || (c == 'F' && text.substr(i).starts_with("From ")));
    if (width == 1 && !is_special) {
      out += c;
      column += 1;
    } else {
      AppendHex(out, c);
      column += 3;
    }
  }
  return out;
}

void AppendQuotedPrintable(std::string& body, std::string_view encoded) {
  if (encoded.empty()) return;
  if (!body.empty() && !body.ends_with("\r\n")) body += kSoftBreak;
  body += encoded;
}

void EndQuotedPrintable(std::string& body) { EncodeLastBlank(body, LastColumn(body)); }

}  // namespace portico::mail
