#include "services/contact/contact_conditions.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/id.h"
#include "portico/contact/v1/contact.pb.h"
#include "services/contact/folded_text.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

using Use = ConditionWriter::Use;
using storage::Condition;

// An id is of the moment of its contact's creation; what comes between the two is far less.
constexpr absl::Duration kIdTolerance = absl::Minutes(1);

// What the id of a contact begins with that is made at `time`.
std::string IdOf(absl::Time time) {
  constexpr size_t kRandom = 13;
  std::string id = NewId(IdKind::kContact, std::max(time, absl::UnixEpoch()));
  id.resize(id.size() - kRandom);
  return id;
}

std::string_view SignOf(Comparator comparator) {
  switch (comparator) {
    case Comparator::kLess:
      return " < ";
    case Comparator::kLessOrEquals:
      return " <= ";
    case Comparator::kGreater:
      return " > ";
    case Comparator::kGreaterOrEquals:
      return " >= ";
    default:
      return " = ";
  }
}

// The words, where `filter` asks for nothing but that a contact itself has one, or all of some.
std::vector<const Comparison*> OwnWordsOf(const Filter& filter) {
  if (IsOwnWord(filter)) return {&filter.comparison};
  std::vector<const Comparison*> words;
  if (filter.kind != Filter::Kind::kAnd) return words;
  for (const Filter& part : filter.parts) {
    if (!IsOwnWord(part)) return {};
    words.push_back(&part.comparison);
  }
  return words;
}

// How a word stands in search_words.
std::string WordOf(const Comparison& comparison) {
  switch (comparison.field) {
    case FilterField::kTags:
      return TagWord(comparison.text);
    case FilterField::kPhone:
      return PhoneWord(comparison.text);
    default:
      return comparison.text;
  }
}

// The words in the language of the index of words.
std::string MatchOf(const std::vector<const Comparison*>& words, std::string_view quote,
                    std::string_view prefix, std::string_view conjunction) {
  std::string text;
  for (const Comparison* word : words) {
    absl::StrAppend(&text, text.empty() ? "" : std::string(conjunction), std::string(quote),
                    WordOf(*word), std::string(quote), word->is_prefix ? std::string(prefix) : "");
  }
  return text;
}

FoundBy FoundByOf(const Comparison& comparison) {
  switch (comparison.field) {
    case FilterField::kName:
    case FilterField::kEmail:
    case FilterField::kExternalId:
    case FilterField::kAccountNumber:
    case FilterField::kAccountId:
    case FilterField::kSiteId:
      return comparison.text.empty() ? FoundBy::kNothing : FoundBy::kIndex;
    case FilterField::kPhone:
    case FilterField::kTags:
    case FilterField::kWord:
    case FilterField::kOwnWord:
      return FoundBy::kWords;
    case FilterField::kPortalUser:
    case FilterField::kUnlinked:
      return comparison.number == 1 ? FoundBy::kIndex : FoundBy::kNothing;
    case FilterField::kBillingContact:
      return comparison.number >= v1::BILLING_CONTACT_PRIMARY ? FoundBy::kIndex : FoundBy::kNothing;
    case FilterField::kInvitationState:
    case FilterField::kCreateTime:
    case FilterField::kUpdateTime:
      return FoundBy::kIndex;
  }
  return FoundBy::kNothing;
}

}  // namespace

FoundBy FoundByOf(const Filter& filter) {
  const auto of_part = [](const Filter& part) { return FoundByOf(part); };
  switch (filter.kind) {
    case Filter::Kind::kComparison:
      return FoundByOf(filter.comparison);
    case Filter::Kind::kNot:
      return FoundBy::kNothing;
    case Filter::Kind::kAnd:
      return of_part(*std::ranges::max_element(filter.parts, {}, of_part));
    case Filter::Kind::kOr:
      return of_part(*std::ranges::min_element(filter.parts, {}, of_part));
  }
  return FoundBy::kNothing;
}

bool IsOwnWord(const Filter& filter) {
  if (filter.kind != Filter::Kind::kComparison) return false;
  const FilterField field = filter.comparison.field;
  return field == FilterField::kOwnWord || field == FilterField::kTags ||
         field == FilterField::kPhone;
}

Condition ConditionWriter::Write(const Filter& filter, Use use) {
  std::string sql = Text(filter, use);
  return {std::move(sql), std::exchange(arguments_, {})};
}

Condition ConditionWriter::Select(const Filter& filter) {
  std::string sql;
  if (const auto words = OwnWordsOf(filter); !words.empty()) {
    sql = SelectIndexed(words);
  } else if (filter.kind == Filter::Kind::kComparison &&
             filter.comparison.field == FilterField::kWord) {
    sql = SelectIndexed({&filter.comparison});
    absl::StrAppend(&sql, " union all ", SelectByNumber(filter.comparison.text));
  } else {
    sql = absl::StrCat("select 1 from contact where ", Text(filter, Use::kFinding));
  }
  return {std::move(sql), std::exchange(arguments_, {})};
}

std::pair<std::string, std::string> ConditionWriter::RangeOf(const std::string& prefix) {
  // The last code point, which is no character, sorts behind all that may follow.
  return {prefix, prefix + "\U0010FFFF"};
}

std::string ConditionWriter::Text(const Filter& filter, Use use) {
  switch (filter.kind) {
    case Filter::Kind::kComparison:
      return Text(filter.comparison, use);
    case Filter::Kind::kNot: {
      // What is worded for an index may leave room at the edges.
      return absl::StrCat("not (", Text(filter.parts.front(), Use::kChecking), ")");
    }
    case Filter::Kind::kAnd: {
      if (const auto words = OwnWordsOf(filter); !words.empty()) return OfOwnWords(words, use);
      // One of them finds, and the others check.
      const auto finding = std::ranges::max_element(
          filter.parts, {}, [](const Filter& part) { return FoundByOf(part); });
      std::vector<std::string> texts;
      for (auto part = filter.parts.begin(); part != filter.parts.end(); ++part) {
        texts.push_back(Text(*part, part == finding ? use : Use::kChecking));
      }
      return absl::StrCat("(", absl::StrJoin(texts, " and "), ")");
    }
    case Filter::Kind::kOr: {
      std::vector<std::string> texts;
      for (const Filter& part : filter.parts) texts.push_back(Text(part, use));
      return absl::StrCat("(", absl::StrJoin(texts, " or "), ")");
    }
  }
  return "";
}

std::string ConditionWriter::Text(const Comparison& comparison, Use use) {
  const bool finds = use == Use::kFinding;
  switch (comparison.field) {
    case FilterField::kName:
      return Match(Column("name_key", use), comparison, Folded(comparison.text));
    case FilterField::kEmail:
      return Match(Column("email_key", use), comparison, Lowered(comparison.text));
    case FilterField::kExternalId:
      return absl::StrCat(
          finds && !comparison.text.empty() ? "contact.external_id <> '' and " : "",
          Match(Column("external_id_key", use), comparison, Lowered(comparison.text)));
    case FilterField::kAccountNumber:
      return OfAccount(comparison, use);
    case FilterField::kAccountId:
      return Match(Column("account_id", use), comparison, comparison.text);
    case FilterField::kSiteId:
      return absl::StrCat(finds && !comparison.text.empty() ? "contact.site_id <> '' and " : "",
                          Match(Column("site_id", use), comparison, comparison.text));
    case FilterField::kTags:
    case FilterField::kPhone:
    case FilterField::kOwnWord:
      return OfOwnWords({&comparison}, use);
    case FilterField::kWord:
      return OfWord(comparison, use);
    // What an index is for only some values of stands in the text, so that it is used.
    case FilterField::kPortalUser:
      return absl::StrCat(Column("portal_is_portal_user", use), " = ", comparison.number);
    case FilterField::kUnlinked:
      return absl::StrCat(Column("unlink_time", use),
                          comparison.number == 1 ? " is not null" : " is null");
    case FilterField::kBillingContact:
      if (comparison.number <= v1::BILLING_CONTACT_NONE) {
        return absl::StrCat(Column("billing_contact", use), " <= ", v1::BILLING_CONTACT_NONE);
      }
      return absl::StrCat(finds ? "contact.billing_contact > 1 and " : "",
                          Column("billing_contact", use), " = ", Bind(comparison.number));
    case FilterField::kInvitationState:
      return absl::StrCat(Column("portal_invitation_state", use), " = ", Bind(comparison.number));
    case FilterField::kCreateTime:
      return OfTime("create_time", comparison, use);
    case FilterField::kUpdateTime:
      return OfTime("update_time", comparison, use);
  }
  return "";
}

std::string ConditionWriter::Match(const std::string& column, const Comparison& comparison,
                                   std::string text) {
  if (!comparison.is_prefix) return absl::StrCat(column, " = ", Bind(std::move(text)));
  if (text.empty()) return "1 = 1";
  const auto [begin, end] = RangeOf(text);
  const std::string from = Bind(begin);
  return absl::StrCat("(", column, " >= ", from, " and ", column, " < ", Bind(end), ")");
}

std::string ConditionWriter::OfAccount(const Comparison& comparison, Use use) {
  const bool checks = is_sqlite_ && use == Use::kChecking;
  const std::string matches =
      Match(checks ? "+account_number.number_key" : "account_number.number_key", comparison,
            Folded(comparison.text));
  if (joins_number_) return matches;
  if (use == Use::kChecking) {
    return absl::StrCat("exists (select 1 from account_number where account_number.account_id = ",
                        "contact.account_id and ", matches, ")");
  }
  return absl::StrCat("contact.account_id in (select account_number.account_id ",
                      "from account_number where ", matches, ")");
}

std::string ConditionWriter::OfTime(std::string_view column, const Comparison& comparison,
                                    Use use) {
  const std::string sign(SignOf(comparison.comparator));
  std::string text = absl::StrCat(Column(column, use), sign, Bind(comparison.number));
  // There is no index on the time of creation, as ids sort by it.
  if (use == Use::kFinding && comparison.field == FilterField::kCreateTime) {
    const bool upwards = comparison.comparator == Comparator::kGreater ||
                         comparison.comparator == Comparator::kGreaterOrEquals;
    const absl::Time time = absl::FromUnixMicros(comparison.number);
    const std::string bound = IdOf(upwards ? time - kIdTolerance : time + kIdTolerance);
    absl::StrAppend(&text, upwards ? " and contact.id >= " : " and contact.id < ", Bind(bound));
  }
  return text;
}

std::string ConditionWriter::OfOwnWords(const std::vector<const Comparison*>& words, Use use) {
  if (!is_sqlite_ && use == Use::kFinding) return HasInIndex("contact", words);
  std::vector<std::string> texts;
  for (const Comparison* word : words) {
    texts.push_back(HasWord("contact.search_words",
                            Bind(absl::StrCat(" ", WordOf(*word), word->is_prefix ? "" : " "))));
  }
  if (use == Use::kFinding) {
    texts.push_back(absl::StrCat("contact.rowid in (", SelectByOwnWords(words), ")"));
  }
  return absl::StrCat("(", absl::StrJoin(texts, " and "), ")");
}

std::string ConditionWriter::OfWord(const Comparison& word, Use use) {
  const std::string in_text = Bind(absl::StrCat(" ", word.text));
  const std::string in_number = HasWord("account_number.number_words", in_text);
  std::string text = absl::StrCat("(", HasWord("contact.search_words", in_text), " or ");
  if (joins_number_) {
    absl::StrAppend(&text, in_number, ")");
  } else {
    absl::StrAppend(&text,
                    "exists (select 1 from account_number where account_number.account_id = "
                    "contact.account_id and ",
                    in_number, "))");
  }
  if (use == Use::kChecking) return text;
  // One after the other, as they are bound in their order.
  absl::StrAppend(&text, " and contact.", row_id(), " in (", SelectByOwnWords({&word}));
  absl::StrAppend(&text, " union all ", SelectByNumber(word.text), ")");
  return absl::StrCat("(", text, ")");
}

std::string ConditionWriter::SelectByOwnWords(const std::vector<const Comparison*>& words) {
  if (!is_sqlite_) return SelectIndexed(words);
  // Contacts that are not indexed yet are looked at, each.
  return absl::StrCat(SelectIndexed(words),
                      " union all select rowid from contact where rowid > "
                      "(select indexed_to from contact_search_state)");
}

std::string ConditionWriter::SelectIndexed(const std::vector<const Comparison*>& words) {
  if (!is_sqlite_) {
    return absl::StrCat("select found.id from contact as found where ", HasInIndex("found", words));
  }
  return absl::StrCat("select rowid from contact_search where contact_search match ",
                      Bind(MatchOf(words, "\"", " *", " AND ")));
}

std::string ConditionWriter::HasInIndex(std::string_view table,
                                        const std::vector<const Comparison*>& words) {
  return absl::StrCat(std::string(table), ".search_vector @@ cast(",
                      Bind(MatchOf(words, "'", ":*", " & ")), " as tsquery)");
}

std::string ConditionWriter::SelectByNumber(const std::string& word) {
  const auto [begin, end] = RangeOf(word);
  const std::string from = Bind(begin);
  return absl::StrCat("select of_account.", row_id(),
                      " from account_number_word join contact as of_account on "
                      "of_account.account_id = account_number_word.account_id where "
                      "account_number_word.word >= ",
                      from, " and account_number_word.word < ", Bind(end));
}

std::string ConditionWriter::HasWord(std::string_view column, const std::string& argument) const {
  return absl::StrCat(is_sqlite_ ? "instr(" : "strpos(", std::string(column), ", ", argument,
                      ") > 0");
}

std::string ConditionWriter::Column(std::string_view name, Use use) const {
  const bool checks = is_sqlite_ && use == Use::kChecking;
  return absl::StrCat(checks ? "+contact." : "contact.", std::string(name));
}

std::string ConditionWriter::Bind(storage::Argument argument) {
  arguments_.push_back(std::move(argument));
  return absl::StrCat(":f", bound_++);
}

}  // namespace portico::contact
