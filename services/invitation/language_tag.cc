#include "services/invitation/language_tag.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <vector>

namespace portico::invitation {
namespace {

// One part of a tag after the other.
class Parts {
 public:
  explicit Parts(std::string_view text)
      : parts_(absl::StrSplit(absl::string_view(text.data(), text.size()), '-')) {}

  bool done() const { return at_ == parts_.size(); }
  std::string Joined() const { return absl::StrJoin(parts_, "-"); }

  // Passes over the present part where it is of so many letters, or letters and digits.
  std::string* TakeLetters(size_t least, size_t most) {
    return Take(least, most, absl::ascii_isalpha);
  }
  std::string* TakeAny(size_t least, size_t most) { return Take(least, most, absl::ascii_isalnum); }
  std::string* TakeDigits(size_t count) { return Take(count, count, absl::ascii_isdigit); }
  // A year or the like: a digit and three more.
  std::string* TakeNumbered() {
    const bool fits = !done() && absl::ascii_isdigit(static_cast<unsigned char>(parts_[at_][0]));
    return fits ? TakeAny(4, 4) : nullptr;
  }

 private:
  std::string* Take(size_t least, size_t most, bool (*is)(unsigned char)) {
    if (done()) return nullptr;
    std::string& part = parts_[at_];
    if (part.size() < least || part.size() > most || !std::ranges::all_of(part, is)) return nullptr;
    absl::AsciiStrToLower(&part);
    ++at_;
    return &part;
  }

  std::vector<std::string> parts_;
  size_t at_ = 0;
};

// A singleton and what it brings; "x" takes all that follows.
bool TakeExtension(Parts& parts) {
  const std::string* const singleton = parts.TakeAny(1, 1);
  if (singleton == nullptr) return false;
  const size_t least = *singleton == "x" ? 1 : 2;
  if (parts.TakeAny(least, 8) == nullptr) return false;
  while (parts.TakeAny(least, 8) != nullptr) {
  }
  return true;
}

}  // namespace

std::optional<std::string> CanonicalLanguageTag(std::string_view text) {
  Parts parts(text);
  const bool is_private = text.starts_with("x-") || text.starts_with("X-");
  if (!is_private) {
    if (parts.TakeLetters(2, 3) == nullptr) return std::nullopt;
    for (int i = 0; i < 3 && parts.TakeLetters(3, 3) != nullptr; ++i) {
    }
    if (std::string* const script = parts.TakeLetters(4, 4)) {
      script->front() = absl::ascii_toupper(static_cast<unsigned char>(script->front()));
    }
    if (std::string* const region = parts.TakeLetters(2, 2)) {
      absl::AsciiStrToUpper(region);
    } else {
      parts.TakeDigits(3);
    }
    while (parts.TakeNumbered() != nullptr || parts.TakeAny(5, 8) != nullptr) {
    }
  }
  while (!parts.done()) {
    if (!TakeExtension(parts)) return std::nullopt;
  }
  return parts.Joined();
}

bool IsEnglish(std::string_view tag) {
  return tag.empty() || tag == "en" || tag.starts_with("en-");
}

}  // namespace portico::invitation
