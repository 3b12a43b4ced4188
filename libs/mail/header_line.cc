#include "libs/mail/header_line.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <vector>

namespace portico::mail {
namespace {

constexpr size_t kLineLength = 76;
// Bytes in one encoded word: in base64 and its frame they take 64 characters, so that a
// name of up to 10 fits on the same line.
constexpr size_t kEncodedBytes = 39;

using Words = std::vector<std::string>;

Words SplitWords(std::string_view text) {
  return absl::StrSplit(absl::string_view(text.data(), text.size()), ' ');
}

// Whether `text` can stand for itself: nothing a reader would decode or could not print,
// and no word too long to fold.
bool IsPlain(std::string_view text) {
  const Words words = SplitWords(text);
  return text.find("=?") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
         std::all_of(words.begin(), words.end(),
                     [](const std::string& word) { return word.size() < kLineLength; });
}

// RFC 2047, section 2 and 5: each word holds whole characters and is at most 75 long.
Words EncodedWords(std::string_view text) {
  Words words;
  while (!text.empty()) {
    size_t bytes = std::min(kEncodedBytes, text.size());
    const auto splits_character = [&] {
      return bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80;
    };
    while (splits_character()) --bytes;
    words.push_back("=?UTF-8?B?" + absl::Base64Escape(absl::string_view(text.data(), bytes)) +
                    "?=");
    text.remove_prefix(bytes);
  }
  return words;
}

std::string Fold(std::string_view name, const Words& words) {
  std::string lines(name);
  lines += ':';
  size_t line_start = 0;
  bool first = true;
  for (const std::string& word : words) {
    const size_t length = lines.size() - line_start + 1 + word.size();
    // Never before an empty word, which would leave a line of white space only.
    if (!first && !word.empty() && length > kLineLength) {
      lines += "\r\n";
      line_start = lines.size();
    }
    lines += ' ';
    lines += word;
    first = false;
  }
  return lines + "\r\n";
}

}  // namespace

std::string HeaderLine(std::string_view name, std::string_view value) {
  return Fold(name, SplitWords(value));
}

std::string TextHeaderLine(std::string_view name, std::string_view text) {
  return Fold(name, IsPlain(text) ? SplitWords(text) : EncodedWords(text));
}

std::string MailboxHeaderLine(std::string_view name, std::string_view display_name,
                              std::string_view address) {
  if (display_name.empty()) return HeaderLine(name, address);
  const std::string quoted =
      '"' +
      absl::StrReplaceAll(absl::string_view(display_name.data(), display_name.size()),
                          {{"\\", "\\\\"}, {"\"", "\\\""}}) +
      '"';
  Words words = IsPlain(quoted) ? SplitWords(quoted) : EncodedWords(display_name);
  words.push_back('<' + std::string(address) + '>');
  return Fold(name, words);
}

}  // namespace portico::mail
