#include "services/contact/duplicate_finder.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "libs/mail/address.h"
#include "services/contact/folded_text.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

// How much each thing in common counts, of 100.
constexpr int kEmail = 60;
constexpr int kPhone = 30;
constexpr int kName = 40;
constexpr int kSimilarName = 20;
// What many share (a company's switchboard, a first name) says little, and would make pairs of all.
constexpr size_t kMostSharing = 50;
// What is likeliest comes first: addresses, whole names, phone numbers; then single words.
constexpr size_t kMostCompared = 1'000'000;
// A phone number is compared by its last digits, so that a country code is no difference.
constexpr size_t kPhoneDigits = 9;

// What one contact is compared by.
struct Traits {
  std::set<std::string> emails;
  std::set<std::string> phones;
  std::vector<std::string> words;  // Of the name, sorted.
  std::string name;                // The words in their own order.
};

Traits TraitsOf(const v1::Contact& contact) {
  Traits traits;
  for (const std::string& address : {contact.email(), contact.email2()}) {
    if (!address.empty()) traits.emails.insert(mail::AddressKey(address));
  }
  for (const v1::Phone& phone : contact.phones()) {
    std::string digits = DigitsOf(phone.number());
    if (digits.size() > kPhoneDigits) digits = digits.substr(digits.size() - kPhoneDigits);
    if (digits.size() >= 6) traits.phones.insert(digits);
  }
  std::string name = Folded(contact.name().display());
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return absl::ascii_ispunct(c) || absl::ascii_isspace(c); }, ' ');
  traits.words = absl::StrSplit(name, ' ', absl::SkipEmpty());
  traits.name = absl::StrJoin(traits.words, " ");
  std::ranges::sort(traits.words);
  return traits;
}

// Whether one is the other with one letter added, taken out, changed, or two exchanged.
bool NearlySame(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a.size() < 4) return false;
  size_t begin = 0;
  while (begin < a.size() && a[begin] == b[begin]) ++begin;
  const std::string_view rest_a = a.substr(begin), rest_b = b.substr(begin);
  if (a.size() < b.size()) return rest_a == rest_b.substr(1);
  if (rest_a.empty() || rest_a.substr(1) == rest_b.substr(1)) return true;
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
         rest_a.substr(2) == rest_b.substr(2);
}

bool Share(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& one) { return b.contains(one); });
}

v1::DuplicatePair Compare(const Traits& a, const Traits& b) {
  v1::DuplicatePair pair;
  int score = 0;
  const auto count = [&](bool holds, int points, v1::DuplicateReason reason) {
    if (!holds) return;
    score += points;
    pair.add_reasons(reason);
  };
  count(Share(a.emails, b.emails), kEmail, v1::DUPLICATE_REASON_SAME_EMAIL);
  count(Share(a.phones, b.phones), kPhone, v1::DUPLICATE_REASON_SAME_PHONE);
  const bool same_name = a.name == b.name && !a.name.empty();
  count(same_name, kName, v1::DUPLICATE_REASON_SAME_NAME);
  count(!same_name && !a.name.empty() && (a.words == b.words || NearlySame(a.name, b.name)),
        kSimilarName, v1::DUPLICATE_REASON_SIMILAR_NAME);
  pair.set_score(std::min(score, 100));
  return pair;
}

}  // namespace

std::vector<v1::DuplicatePair> FindDuplicates(const std::vector<v1::Contact>& contacts,
                                              size_t limit) {
  std::vector<Traits> traits;
  std::map<std::string, std::vector<size_t>> sharing;
  for (size_t i = 0; i < contacts.size(); ++i) {
    const Traits& own = traits.emplace_back(TraitsOf(contacts[i]));
    for (const std::string& email : own.emails) sharing["e" + email].push_back(i);
    for (const std::string& phone : own.phones) sharing["p" + phone].push_back(i);
    for (const std::string& word : std::set(own.words.begin(), own.words.end())) {
      sharing["w" + word].push_back(i);
    }
    if (!own.name.empty()) sharing["n" + own.name].push_back(i);
  }
  std::set<std::pair<size_t, size_t>> compared;
  for (const auto& [what, holders] : sharing) {
    if (holders.size() > kMostSharing) continue;
    if (compared.size() > kMostCompared) break;
    for (size_t a = 0; a < holders.size(); ++a) {
      for (size_t b = a + 1; b < holders.size(); ++b) compared.emplace(holders[a], holders[b]);
    }
  }
  struct Found {
    size_t first, second;
    v1::DuplicatePair pair;
  };
  std::vector<Found> found;
  for (const auto& [first, second] : compared) {
    v1::DuplicatePair pair = Compare(traits[first], traits[second]);
    if (pair.score() > 0) found.push_back({first, second, std::move(pair)});
  }
  std::ranges::stable_sort(
      found, [](const Found& a, const Found& b) { return a.pair.score() > b.pair.score(); });
  std::vector<v1::DuplicatePair> pairs;
  for (Found& one : found) {
    if (pairs.size() == limit) break;
    *one.pair.mutable_first() = contacts[one.first];
    *one.pair.mutable_second() = contacts[one.second];
    pairs.push_back(std::move(one.pair));
  }
  return pairs;
}

}  // namespace portico::contact
