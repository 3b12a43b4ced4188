#include "services/contact/contact_filter.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/time.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "portico/contact/v1/contact.pb.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

// More than people write; deeper nesting could overrun the stack or the database's parser.
constexpr int kDeepest = 20;
constexpr int kMostComparisons = 50;

enum class ValueType : uint8_t {
  kText,
  kDigits,
  kAccountId,
  kSiteId,
  kTag,
  kBool,
  kInvitationState,
  kBillingContact,
  kTime,
};

struct FieldRule {
  std::string_view name;
  FilterField field;
  ValueType type;
};

constexpr FieldRule kFields[] = {
    {"name", FilterField::kName, ValueType::kText},
    {"email", FilterField::kEmail, ValueType::kText},
    {"phone", FilterField::kPhone, ValueType::kDigits},
    {"account_number", FilterField::kAccountNumber, ValueType::kText},
    {"external_id", FilterField::kExternalId, ValueType::kText},
    {"account_id", FilterField::kAccountId, ValueType::kAccountId},
    {"site_id", FilterField::kSiteId, ValueType::kSiteId},
    {"tags", FilterField::kTags, ValueType::kTag},
    {"portal_user", FilterField::kPortalUser, ValueType::kBool},
    {"unlinked", FilterField::kUnlinked, ValueType::kBool},
    {"invitation_state", FilterField::kInvitationState, ValueType::kInvitationState},
    {"billing_contact", FilterField::kBillingContact, ValueType::kBillingContact},
    {"create_time", FilterField::kCreateTime, ValueType::kTime},
    {"update_time", FilterField::kUpdateTime, ValueType::kTime},
};

struct ComparatorRule {
  std::string_view sign;
  Comparator comparator;
  bool negated = false;
};

// The longer ones first, as the shorter ones begin them.
constexpr ComparatorRule kComparators[] = {
    {"!=", Comparator::kEquals, true},
    {"<=", Comparator::kLessOrEquals},
    {">=", Comparator::kGreaterOrEquals},
    {"=", Comparator::kEquals},
    {"<", Comparator::kLess},
    {">", Comparator::kGreater},
    {":", Comparator::kHas},
};

// The signs that may stand after a field.
std::vector<std::string_view> SignsFor(ValueType type) {
  switch (type) {
    case ValueType::kTag:
      return {":"};
    case ValueType::kBool:
      return {"="};
    case ValueType::kTime:
      return {"<", "<=", ">", ">="};
    default:
      return {"=", "!="};
  }
}

std::string Listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    absl::StrAppend(&text,
                    i == 0                 ? ""
                    : i + 1 < words.size() ? ", "
                                           : " or ",
                    std::string(words[i]));
  }
  return text;
}

std::string FieldNames() {
  std::vector<std::string_view> names;
  for (const FieldRule& rule : kFields) names.push_back(rule.name);
  return Listed(names);
}

// An enum whose values are written without the prefix that the proto gives them.
struct ShortNames {
  const google::protobuf::EnumDescriptor* type;
  std::string prefix;

  std::optional<int> Find(std::string_view name) const {
    const auto* value = type->FindValueByName(absl::StrCat(prefix, std::string(name)));
    if (value == nullptr) value = type->FindValueByName(std::string(name));
    return value == nullptr ? std::nullopt : std::optional<int>(value->number());
  }

  std::string All() const {
    std::vector<std::string_view> names;
    for (int i = 0; i < type->value_count(); ++i) {
      names.push_back(std::string_view(type->value(i)->name()).substr(prefix.size()));
    }
    return Listed(names);
  }
};

ShortNames NamesOf(ValueType type) {
  if (type == ValueType::kInvitationState) {
    return {invitation::v1::InvitationState_descriptor(), "INVITATION_STATE_"};
  }
  return {v1::BillingContact_descriptor(), "BILLING_CONTACT_"};
}

std::string WantedValue(ValueType type) {
  switch (type) {
    case ValueType::kText:
      return R"(text such as "jo*")";
    case ValueType::kDigits:
      return R"(the digits of a phone number, such as "651555*")";
    case ValueType::kAccountId:
      return R"(the id of an account, such as "acc_…")";
    case ValueType::kSiteId:
      return R"(the id of a site, such as "sit_…", or "")";
    case ValueType::kTag:
      return R"(a tag such as "vip")";
    case ValueType::kBool:
      return "true or false";
    case ValueType::kTime:
      return R"(a time such as "2026-03-01T00:00:00Z")";
    default:
      return NamesOf(type).All();
  }
}

struct Literal {
  size_t begin = 0;
  std::string text = {};
  bool is_prefix = false;  // A star stands at the end.
};

Filter Not(Filter filter) {
  Filter negated{.kind = Filter::Kind::kNot};
  negated.parts.push_back(std::move(filter));
  return negated;
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsNamePart(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
bool IsWordPart(char c) { return IsNamePart(c) || (c >= 'A' && c <= 'Z'); }

class Parser {
 public:
  Parser(std::string_view field, std::string_view text) : field_(field), text_(text) {}

  absl::StatusOr<Filter> Parse() {
    ASSIGN_OR_RETURN(Filter filter, Conjunction(0));
    SkipBlanks();
    if (at_ < text_.size()) return Unwanted("AND, OR or the end");
    return filter;
  }

 private:
  absl::StatusOr<Filter> Conjunction(int depth) {
    return Joined(Filter::Kind::kAnd, "AND", [this, depth] { return Disjunction(depth); });
  }

  // OR binds tighter than AND.
  absl::StatusOr<Filter> Disjunction(int depth) {
    return Joined(Filter::Kind::kOr, "OR", [this, depth] { return Term(depth); });
  }

  template <class Next>
  absl::StatusOr<Filter> Joined(Filter::Kind kind, std::string_view word, Next next) {
    Filter joined{.kind = kind};
    do {
      ASSIGN_OR_RETURN(Filter part, next());
      joined.parts.push_back(std::move(part));
    } while (TakeWord(word));
    if (joined.parts.size() > 1) return joined;
    Filter only = std::move(joined.parts.front());
    return only;
  }

  absl::StatusOr<Filter> Term(int depth) {
    SkipBlanks();
    const bool negated = Take("-") || TakeWord("NOT");
    SkipBlanks();
    absl::StatusOr<Filter> term = Peek() == '(' ? Group(depth) : Restriction();
    if (!negated || !term.ok()) return term;
    return Not(*std::move(term));
  }

  absl::StatusOr<Filter> Group(int depth) {
    if (depth == kDeepest) {
      return Wrong(at_, "(", absl::StrCat("at most ", kDeepest, " parentheses inside one another"));
    }
    Take("(");
    ASSIGN_OR_RETURN(Filter inside, Conjunction(depth + 1));
    SkipBlanks();
    if (!Take(")")) return Unwanted("AND, OR or )");
    return inside;
  }

  absl::StatusOr<Filter> Restriction() {
    const size_t begin = at_;
    while (IsNamePart(Peek())) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    const auto* const rule = std::ranges::find(kFields, name, &FieldRule::name);
    if (rule == std::end(kFields)) {
      at_ = begin;
      return Unwanted(absl::StrCat("a comparison of ", FieldNames()));
    }
    if (++comparisons_ > kMostComparisons) {
      return Wrong(begin, name, absl::StrCat("at most ", kMostComparisons, " comparisons"));
    }
    SkipBlanks();
    const size_t sign_at = at_;
    const auto* const sign = std::ranges::find_if(
        kComparators, [this](const ComparatorRule& known) { return Take(known.sign); });
    const std::vector<std::string_view> signs = SignsFor(rule->type);
    const std::string wanted = absl::StrCat(Listed(signs), " after ", std::string(rule->name));
    if (sign == std::end(kComparators)) return Unwanted(wanted);
    if (std::ranges::find(signs, sign->sign) == signs.end()) {
      return Wrong(sign_at, sign->sign, wanted);
    }
    ASSIGN_OR_RETURN(Literal literal, Value(rule->type));
    Comparison comparison{.field = rule->field, .comparator = sign->comparator};
    RETURN_IF_ERROR(Fill(rule->type, std::move(literal), comparison));
    Filter filter = Filter::Of(std::move(comparison));
    if (sign->negated) return Not(std::move(filter));
    return filter;
  }

  // Quoted by " or ', or up to a blank or parenthesis. What follows a backslash stands for itself.
  absl::StatusOr<Literal> Value(ValueType type) {
    SkipBlanks();
    Literal literal{.begin = at_};
    const char quote = Peek() == '"' || Peek() == '\'' ? text_[at_++] : '\0';
    const auto ends = [quote](char c) {
      return quote != '\0' ? c == quote : IsBlank(c) || c == '(' || c == ')' || c == '\0';
    };
    while (at_ < text_.size() && !ends(text_[at_])) {
      if (literal.is_prefix) {
        return Wrong(at_ - 1, "*", R"(a * only at the end of a text, or \* for the sign itself)");
      }
      const bool escaped = text_[at_] == '\\' && at_ + 1 < text_.size();
      if (escaped) ++at_;
      if (text_[at_] == '*' && !escaped) {
        literal.is_prefix = true;
      } else {
        literal.text += text_[at_];
      }
      ++at_;
    }
    if (quote == '\0' && at_ == literal.begin) return Unwanted(WantedValue(type));
    if (quote != '\0' && !Take(std::string_view(&quote, 1))) {
      return Unwanted(absl::StrCat(std::string(1, quote), " at the end of the text that begins at ",
                                   PositionOf(literal.begin)));
    }
    return literal;
  }

  absl::Status Fill(ValueType type, Literal literal, Comparison& comparison) const {
    const auto wrong = [&] {
      return Wrong(literal.begin, text_.substr(literal.begin, at_ - literal.begin),
                   WantedValue(type));
    };
    const bool may_be_prefix = type == ValueType::kText || type == ValueType::kDigits;
    if (literal.is_prefix && !may_be_prefix) return wrong();
    comparison.is_prefix = literal.is_prefix;
    comparison.text = std::move(literal.text);
    std::string& text = comparison.text;
    switch (type) {
      case ValueType::kText:
        return absl::OkStatus();
      case ValueType::kDigits:
        text = DigitsOf(text);
        return text.empty() ? wrong() : absl::OkStatus();
      case ValueType::kAccountId:
        return text.starts_with("acc_") ? absl::OkStatus() : wrong();
      case ValueType::kSiteId:
        return text.empty() || text.starts_with("sit_") ? absl::OkStatus() : wrong();
      case ValueType::kTag:
        return TagWord(text) == TagWord("") ? wrong() : absl::OkStatus();
      case ValueType::kBool:
        if (text != "true" && text != "false") return wrong();
        comparison.number = text == "true" ? 1 : 0;
        break;
      case ValueType::kTime: {
        absl::Time time;
        std::string ignored;
        if (!absl::ParseTime(absl::RFC3339_full, text, &time, &ignored) ||
            time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
          return wrong();
        }
        comparison.number = absl::ToUnixMicros(time);
        break;
      }
      default: {
        const std::optional<int> number = NamesOf(type).Find(text);
        if (!number.has_value()) return wrong();
        comparison.number = *number;
      }
    }
    text.clear();
    return absl::OkStatus();
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  bool Take(std::string_view sign) {
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  // A word that nothing but a blank or sign follows, and the blanks before it.
  bool TakeWord(std::string_view word) {
    SkipBlanks();
    const size_t end = at_ + word.size();
    if (end < text_.size() && IsWordPart(text_[end])) return false;
    return Take(word);
  }

  // As people count: characters, from 1.
  size_t PositionOf(size_t offset) const {
    return 1 + static_cast<size_t>(std::ranges::count_if(text_.substr(0, offset), [](char c) {
             return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
           }));
  }

  absl::Status Wrong(size_t offset, std::string_view got, const std::string& want) const {
    return rpc::InvalidField(field_, absl::StrCat("got ", rpc::Quoted(got), " at character ",
                                                  PositionOf(offset), ", want ", want));
  }

  // What comes next is none of what may come next.
  absl::Status Unwanted(const std::string& want) const {
    size_t end = at_;
    while (end < text_.size() && IsWordPart(text_[end])) ++end;
    if (end == at_) end = std::min(at_ + 1, text_.size());
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    if (at_ < text_.size()) return Wrong(at_, text_.substr(at_, end - at_), want);
    return rpc::InvalidField(
        field_, absl::StrCat("got the end at character ", PositionOf(at_), ", want ", want));
  }

  const std::string_view field_;
  const std::string_view text_;
  size_t at_ = 0;
  int comparisons_ = 0;
};

}  // namespace

absl::StatusOr<Filter> ParseFilter(std::string_view field, std::string_view text) {
  return Parser(field, text).Parse();
}

bool Mentions(const Filter& filter, FilterField field) {
  if (filter.kind == Filter::Kind::kComparison) return filter.comparison.field == field;
  return std::ranges::any_of(filter.parts,
                             [field](const Filter& part) { return Mentions(part, field); });
}

}  // namespace portico::contact
