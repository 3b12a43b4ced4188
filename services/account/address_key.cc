#include "services/account/address_key.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/sha256.h"
#include "services/account/address_words.h"
#include "services/account/letter_folding.h"

namespace portico::account {
namespace {

using Words = std::vector<std::string>;

constexpr size_t kMostBytes = 200;
constexpr std::string_view kBreak = ",";  // Where one part of an address ends.
constexpr std::string_view kUnit = kUnitMark;

void AddWord(std::string& word, Words& words) {
  if (word.empty()) return;
  words.emplace_back(Abbreviation(word));
  word.clear();
}

// How many bytes of punctuation beyond ASCII begin `text`, and whether they part words.
std::pair<size_t, bool> Punctuation(std::string_view text) {
  if (text.starts_with("\u2018") || text.starts_with("\u2019")) return {3, false};
  if (text.starts_with("\xE2\x80") || text.starts_with("\xE2\x81")) return {3, true};
  if (text.starts_with("\xC2")) return {2, true};
  return {0, false};
}

// The words of a line, folded and abbreviated, with "#" before each unit and a break at the end.
void AddLine(std::string_view line, Words& words) {
  const std::string folded = FoldLetters(line);
  std::string word;
  for (size_t at = 0; at < folded.size();) {
    const unsigned char c = static_cast<unsigned char>(folded[at]);
    if (const auto [length, parts] = Punctuation(std::string_view(folded).substr(at)); length > 0) {
      if (parts) AddWord(word, words);
      at += length;
      continue;
    }
    ++at;
    if (c >= 0x80 || absl::ascii_isalnum(c)) {
      word += static_cast<char>(c);
    } else if (c != '\'') {
      AddWord(word, words);
      if (c == '#') words.emplace_back(kUnit);
      if (c == '&') words.emplace_back("and");
      if (c == ',' || c == ';') words.emplace_back(kBreak);
    }
  }
  AddWord(word, words);
  words.emplace_back(kBreak);
}

bool HasDigit(const std::string& word) {
  return std::ranges::any_of(word, [](unsigned char c) { return absl::ascii_isdigit(c); });
}

// Makes one word of "n w", of "p o box", and one mark of "apt #" and "unit no".
Words Joined(const Words& words) {
  const auto is = [&](size_t i, std::initializer_list<std::string_view> any) {
    return i < words.size() && std::ranges::find(any, words[i]) != any.end();
  };
  Words joined;
  const auto ends_with = [&](std::string_view word) {
    return !joined.empty() && joined.back() == word;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    if (is(i, {"n", "s"}) && is(i + 1, {"e", "w"})) {
      joined.push_back(words[i] + words[i + 1]);
      ++i;
    } else if (is(i, {"p"}) && is(i + 1, {"o"}) && is(i + 2, {"box"})) {
      joined.push_back("po");
      ++i;
    } else if (is(i, {kUnit, "no", "num", "number"}) && ends_with(kUnit)) {
      continue;
    } else if (is(i, {"no", "num", "number"}) && ends_with(kBreak) && HasDigit(words[i + 1])) {
      joined.emplace_back(kUnit);
    } else {
      joined.push_back(words[i]);
    }
  }
  return joined;
}

// Whether the part that begins at `at` says no more than "4", "4b", "4 b" or "b".
bool IsBareUnit(const Words& words, size_t at) {
  size_t end = at;
  while (words[end] != kBreak) {
    if (words[end].size() != 1 && !HasDigit(words[end])) return false;
    ++end;
  }
  return end - at <= 2;
}

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// "4 b" and "4b" are one unit; "1 14" and "11 4" are two.
void AddToUnit(std::string_view word, std::string& unit) {
  if (!unit.empty() && IsDigit(unit.back()) == IsDigit(word.front())) unit += ' ';
  unit += word;
}

void AddToStreet(std::string_view word, std::string& street) {
  if (!street.empty()) street += ' ';
  street += word;
}

std::string PostalCode(const v1::Address& address) {
  std::string code = FoldLetters(address.postal_code());
  std::erase_if(code, [](unsigned char c) { return c < 0x80 && !absl::ascii_isalnum(c); });
  const bool can_be_zip = address.country_code().empty() || address.country_code() == "US";
  if (can_be_zip && code.size() == 9 && std::ranges::all_of(code, IsDigit)) code.resize(5);
  return code;
}

}  // namespace

std::string AddressKey(const v1::Address& address) {
  Words words;
  for (const std::string& line : address.lines()) AddLine(line, words);
  words = Joined(words);

  std::string street, unit;
  bool in_unit = false;
  bool part_begins = true;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == kBreak) {
      in_unit = false;
      part_begins = true;
      continue;
    }
    if (part_begins && !street.empty() && IsBareUnit(words, i)) in_unit = true;
    if (word == kUnit) {
      in_unit = true;
      // Which one it is may be missing, but it is not the house.
      if (words[i + 1] == kBreak) AddToUnit(kUnit, unit);
    } else if (in_unit) {
      AddToUnit(word, unit);
    } else {
      AddToStreet(word, street);
    }
    part_begins = false;
  }
  const std::string code = PostalCode(address);
  if (street.empty() || code.empty()) return "";
  std::string key = absl::StrCat(street, "|", unit, "|", code);
  return key.size() <= kMostBytes ? key : absl::BytesToHexString(Sha256(key));
}

}  // namespace portico::account
