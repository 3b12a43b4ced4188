#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portico::contact {

// What a comparison is about: the fields that ListContactsRequest.filter documents.
enum class FilterField : uint8_t {
  kName,
  kEmail,
  kPhone,
  kAccountNumber,
  kExternalId,
  kAccountId,
  kSiteId,
  kTags,
  kPortalUser,
  kUnlinked,
  kInvitationState,
  kBillingContact,
  kCreateTime,
  kUpdateTime,
  // Of the quick search; no filter text names these: a word of the contact or of its account's
  // number, and one of the contact.
  kWord,
  kOwnWord,
};

enum class Comparator : uint8_t { kEquals, kHas, kLess, kLessOrEquals, kGreater, kGreaterOrEquals };

// One comparison. A != is a kNot round an equals.
struct Comparison {
  FilterField field;
  Comparator comparator = Comparator::kEquals;
  std::string text = {};   // As written, without quotes; the digits of a phone number.
  bool is_prefix = false;  // Whether any text may follow.
  int64_t number = 0;      // A bool, the number of an enum's value, microseconds since 1970.

  bool operator==(const Comparison&) const = default;
};

// The tree that a filter's text means.
struct Filter {
  enum class Kind : uint8_t { kComparison, kAnd, kOr, kNot };

  static Filter Of(Comparison comparison) {
    return {.kind = Kind::kComparison, .comparison = std::move(comparison), .parts = {}};
  }

  Kind kind;
  Comparison comparison = {.field = FilterField::kName};  // Of a kComparison.
  std::vector<Filter> parts = {};  // One of a kNot, two or more of a kAnd and kOr.

  bool operator==(const Filter&) const = default;
};

// Reads a filter's text, AIP-160 as ListContactsRequest documents it. `field` is where it stands in
// the request.
// INVALID_ARGUMENT: it cannot be read; the error says at which character, and what is wanted there.
absl::StatusOr<Filter> ParseFilter(std::string_view field, std::string_view text);

// Whether any comparison is about `field`.
bool Mentions(const Filter& filter, FilterField field);

}  // namespace portico::contact
