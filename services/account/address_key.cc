#include "services/account/address_key.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
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

// What stands for a character beyond ASCII that is no letter. What is not here counts as a letter,
// so that it keeps two addresses apart.
struct Sign {
  std::string_view sign, meaning;
};
constexpr Sign kSigns[] = {
    // Apostrophes, and what is not seen.
    {"\u2018", ""},
    {"\u2019", ""},
    {"\u00B4", ""},
    {"\u02BC", ""},
    {"\u200B", ""},
    {"\u200D", ""},
    {"\u2060", ""},
    {"\uFEFF", ""},
    // Blanks.
    {"\u00A0", " "},
    {"\u2002", " "},
    {"\u2003", " "},
    {"\u2007", " "},
    {"\u2009", " "},
    {"\u202F", " "},
    {"\u3000", " "},
    // Hyphens and dashes.
    {"\u00AD", " "},
    {"\u2010", " "},
    {"\u2011", " "},
    {"\u2012", " "},
    {"\u2013", " "},
    {"\u2014", " "},
    {"\u2212", " "},
    // Quotes, points and the like.
    {"\u00AB", " "},
    {"\u00BB", " "},
    {"\u201A", " "},
    {"\u201C", " "},
    {"\u201D", " "},
    {"\u201E", " "},
    {"\u2039", " "},
    {"\u203A", " "},
    {"\u00B7", " "},
    {"\u2022", " "},
    {"\u2026", " "},
    {"\u2044", " "},
    // Fractions, as in "12½".
    {"\u00BC", " 1/4 "},
    {"\u00BD", " 1/2 "},
    {"\u00BE", " 3/4 "},
    {"\u2153", " 1/3 "},
    {"\u2154", " 2/3 "},
    {"\u215B", " 1/8 "},
    {"\u215C", " 3/8 "},
    {"\u215D", " 5/8 "},
    {"\u215E", " 7/8 "},
};

std::string WithoutSigns(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size();) {
    const Sign* found = nullptr;
    if (static_cast<unsigned char>(text[at]) >= 0x80) {
      for (const Sign& one : kSigns) {
        if (text.substr(at).starts_with(one.sign)) found = &one;
      }
    }
    if (found == nullptr) {
      plain += text[at++];
    } else {
      plain += found->meaning;
      at += found->sign.size();
    }
  }
  return plain;
}

// The words of a line, folded and abbreviated, with "#" before each unit and a break at the end.
void AddLine(std::string_view line, Words& words) {
  std::string word;
  for (const unsigned char c : FoldLetters(WithoutSigns(line))) {
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

// Whether it is the number of a house, not that of a street such as "5th".
bool IsHouse(std::string_view word) {
  if (!absl::ascii_isdigit(static_cast<unsigned char>(word.front()))) return false;
  return std::ranges::none_of(std::initializer_list<std::string_view>{"st", "nd", "rd", "th"},
                              [&](std::string_view end) { return word.ends_with(end); });
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
    } else if (is(i, {"no", "num", "number"}) && ends_with(kBreak) && HasDigit(words[i + 1]) &&
               std::ranges::any_of(joined, IsHouse)) {
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

// "4 b" and "4b" are one unit, but "1 b2" and "1b 2" are two.
std::string UnitOf(const Words& pieces) {
  const bool is_one = pieces.size() == 2 &&
                      IsDigit(pieces[0].front()) != IsDigit(pieces[1].front()) &&
                      std::ranges::all_of(pieces, [](const std::string& piece) {
                        return std::ranges::all_of(piece, IsDigit) || piece.size() == 1;
                      });
  return absl::StrJoin(pieces, is_one ? "" : " ");
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

  std::string street;
  Words unit;
  bool in_unit = false;
  bool part_begins = true;
  bool has_house = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == kBreak) {
      in_unit = false;
      part_begins = true;
      continue;
    }
    // Without a house before it, it is the house, as in "Via Roma, 12".
    if (part_begins && has_house && IsBareUnit(words, i)) in_unit = true;
    if (word == kUnit) {
      in_unit = true;
      // Which one it is may be missing, but it is not the house.
      if (words[i + 1] == kBreak) unit.emplace_back(kUnit);
    } else if (in_unit) {
      unit.push_back(word);
    } else {
      AddToStreet(word, street);
      has_house |= IsHouse(word);
    }
    part_begins = false;
  }
  const std::string code = PostalCode(address);
  if (street.empty() || code.empty()) return "";
  std::string key = absl::StrCat(street, "|", UnitOf(unit), "|", code);
  return key.size() <= kMostBytes ? key : absl::BytesToHexString(Sha256(key));
}

bool IsSameAddress(const v1::Address& one, const v1::Address& other) {
  const bool may_be = one.country_code().empty() || other.country_code().empty() ||
                      one.country_code() == other.country_code();
  const std::string key = AddressKey(one);
  return may_be && !key.empty() && key == AddressKey(other);
}

}  // namespace portico::account
