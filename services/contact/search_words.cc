#include "services/contact/search_words.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <glib.h>

#include <algorithm>
#include <span>
#include <utility>

#include "services/contact/folded_text.h"

namespace portico::contact {
namespace {

// A word, and what stood between it and the one before.
struct Word {
  std::string text;
  std::string gap;

  bool IsNumber() const { return std::ranges::all_of(text, absl::ascii_isdigit); }
};

// Which words that follow one another are one word as well.
enum class Joined {
  kUsual,  // Numbers with one sign between them, and words with an apostrophe.
  kAll,
};

bool IsWordCharacter(gunichar c) {
  return c < 0x80 ? absl::ascii_isalnum(static_cast<unsigned char>(c)) : g_unichar_isalnum(c) != 0;
}

std::vector<Word> WordsOf(std::string_view text) {
  std::vector<Word> words;
  std::string gap;
  bool inside = false;
  const std::string folded = Folded(text);
  for (const char* at = folded.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
    const std::string_view bytes(at, g_utf8_next_char(at) - at);
    if (!IsWordCharacter(g_utf8_get_char(at))) {
      gap += bytes;
      inside = false;
      continue;
    }
    if (!inside) words.push_back({.text = "", .gap = std::exchange(gap, "")});
    inside = true;
    words.back().text += bytes;
  }
  return words;
}

bool AreJoined(const Word& before, const Word& word, Joined joined) {
  if (joined == Joined::kAll) return true;
  if (word.gap == "'" || word.gap == "\u2019") return true;
  return before.IsNumber() && word.IsNumber() && word.gap.size() == 1 &&
         !absl::ascii_isspace(static_cast<unsigned char>(word.gap[0]));
}

// Calls `take` with each run of words that are one.
template <class Take>
void ForEachRun(std::span<const Word> words, Joined joined, Take take) {
  for (size_t begin = 0, end = 1; begin < words.size(); begin = end++) {
    while (end < words.size() && AreJoined(words[end - 1], words[end], joined)) ++end;
    take(words.subspan(begin, end - begin));
  }
}

std::string Concatenated(std::span<const Word> words) {
  std::string text;
  for (const Word& word : words) text += word.text;
  return text;
}

// Words, each once, in the order in which they came.
class WordSet {
 public:
  void Add(std::string word) {
    if (!word.empty() && seen_.insert(word).second) words_.push_back(std::move(word));
  }

  void AddText(std::string_view text, Joined joined = Joined::kUsual) {
    if (text.empty()) return;
    const std::vector<Word> words = WordsOf(text);
    ForEachRun(words, joined, [this](std::span<const Word> run) {
      for (size_t i = 0; i < run.size(); ++i) {
        Add(run[i].text);
        Add(Concatenated(run.subspan(i)));
      }
    });
  }

  std::vector<std::string> Take() { return std::move(words_); }

 private:
  absl::flat_hash_set<std::string> seen_;
  std::vector<std::string> words_;
};

}  // namespace

std::string SearchText(const v1::Contact& contact) {
  WordSet words;
  words.AddText(contact.name().display());
  words.AddText(contact.name().first());
  words.AddText(contact.name().last());
  words.AddText(contact.title());
  words.AddText(contact.email());
  words.AddText(contact.email2());
  for (const v1::Phone& phone : contact.phones()) {
    words.AddText(phone.number(), Joined::kAll);
    words.AddText(phone.extension());
    words.Add(PhoneWord(DigitsOf(phone.number())));
  }
  for (const std::string& tag : contact.tags()) {
    words.AddText(tag);
    words.Add(TagWord(tag));
  }
  return TextOfWords(words.Take());
}

std::vector<std::string> NumberWords(std::string_view number) {
  WordSet words;
  words.AddText(number, Joined::kAll);
  return words.Take();
}

std::string TextOfWords(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string text = " ";
  for (const std::string& word : words) absl::StrAppend(&text, word, " ");
  return text;
}

std::vector<std::string> QueryWords(std::string_view query) {
  // As long as a phone number with its area code: one that was typed with blanks.
  constexpr size_t kPhoneDigits = 10;
  const std::vector<Word> all = WordsOf(query);
  if (std::ranges::all_of(all, &Word::IsNumber)) {
    std::string digits = Concatenated(all);
    if (digits.size() >= kPhoneDigits) return {std::move(digits)};
  }
  WordSet words;
  ForEachRun(all, Joined::kUsual, [&](std::span<const Word> run) {
    if (run.front().IsNumber()) return words.Add(Concatenated(run));
    for (const Word& word : run) words.Add(word.text);
  });
  return words.Take();
}

std::string TagWord(std::string_view tag) {
  std::string word = "#";
  const std::string folded = Folded(tag);
  for (const char* at = folded.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
    const gunichar c = g_utf8_get_char(at);
    if (IsWordCharacter(c)) {
      word.append(at, g_utf8_next_char(at) - at);
    } else {
      absl::StrAppend(&word, "%", absl::Hex(c), "%");
    }
  }
  return word;
}

std::string PhoneWord(std::string_view digits) {
  return digits.empty() ? "" : absl::StrCat("+", std::string(digits));
}

std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  return digits;
}

}  // namespace portico::contact
