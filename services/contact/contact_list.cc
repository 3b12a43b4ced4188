#include "services/contact/contact_list.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/mail/address.h"
#include "libs/rpc/errors.h"
#include "services/contact/contact_conditions.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

using Use = ConditionWriter::Use;
using Key = ContactOrder::Key;
using Parts = std::vector<const Filter*>;

constexpr size_t kMostWords = 10;

bool IsEmpty(const Comparison& comparison) { return comparison.text.empty(); }

// Adds what `filter` asks for to what holds besides.
void AddParts(Filter filter, std::vector<Filter>& parts) {
  if (filter.kind != Filter::Kind::kAnd) return parts.push_back(std::move(filter));
  for (Filter& part : filter.parts) AddParts(std::move(part), parts);
}

absl::Status AddFilter(const std::string& field, const std::string& text,
                       std::vector<Filter>& parts) {
  if (text.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Filter filter, ParseFilter(field, text));
  AddParts(std::move(filter), parts);
  return absl::OkStatus();
}

absl::Status AddQuery(const std::string& field, const std::string& query,
                      std::vector<Filter>& parts) {
  std::vector<std::string> words = QueryWords(query);
  if (words.size() > kMostWords) {
    return rpc::InvalidField(
        field, absl::StrCat("got ", words.size(), " words, want at most ", kMostWords));
  }
  for (std::string& word : words) {
    parts.push_back(
        Filter::Of({.field = FilterField::kWord, .text = std::move(word), .is_prefix = true}));
  }
  return absl::OkStatus();
}

// Ids sort by the time of creation.
bool IsById(const ContactOrder& order) {
  return order.key == Key::kId || order.key == Key::kCreateTime;
}

// Whether `part` bounds what the list is sorted by, so that it can be read from there to there.
bool IsOnOrder(const Filter& part, const ContactOrder& order) {
  if (part.kind != Filter::Kind::kComparison || FoundByOf(part) != FoundBy::kIndex) return false;
  switch (part.comparison.field) {
    case FilterField::kName:
      return order.key == Key::kName;
    case FilterField::kEmail:
      return order.key == Key::kEmail;
    case FilterField::kAccountNumber:
      return order.key == Key::kAccountNumber;
    case FilterField::kCreateTime:
      return IsById(order);
    case FilterField::kUpdateTime:
      return order.key == Key::kUpdateTime;
    default:
      return false;
  }
}

// The part whose index holds few contacts for each value, and these by id; or null.
const Filter* FewById(const std::vector<Filter>& parts) {
  for (const FilterField field : {FilterField::kExternalId, FilterField::kEmail,
                                  FilterField::kSiteId, FilterField::kAccountId}) {
    for (const Filter& part : parts) {
      if (part.kind == Filter::Kind::kComparison && part.comparison.field == field &&
          !part.comparison.is_prefix && !IsEmpty(part.comparison)) {
        return &part;
      }
    }
  }
  return nullptr;
}

Parts PartsFoundBy(const std::vector<Filter>& parts, FoundBy by) {
  Parts found;
  for (const Filter& part : parts) {
    if (FoundByOf(part) == by) found.push_back(&part);
  }
  return found;
}

// A statement of one row of counts.
absl::StatusOr<std::vector<int64_t>> SelectCounts(storage::Session& session,
                                                  const storage::Condition& select, size_t size) {
  const std::vector<storage::ValueKind> kinds(size, storage::ValueKind::kInteger);
  std::vector<int64_t> counts;
  RETURN_IF_ERROR(session.SelectCells(select.sql, storage::ValuesOf(select.arguments), kinds,
                                      [&](std::span<const storage::Cell> cells) {
                                        for (const auto& cell : cells) {
                                          counts.push_back(cell.integer);
                                        }
                                        return absl::OkStatus();
                                      }));
  return counts;
}

}  // namespace

ContactList::ContactList(storage::Database& database, const storage::Table<v1::Contact>& table,
                         ListLimits limits)
    : database_(database), table_(table), limits_(limits) {}

absl::StatusOr<v1::ListContactsResponse> ContactList::Read(const v1::ListContactsRequest& request,
                                                           const v1::SavedView& view) const {
  ASSIGN_OR_RETURN(const Question question, QuestionOf(request, view));
  ASSIGN_OR_RETURN(Page page, database_.Read([&](storage::Session& session) {
    return Read(session, question);
  }));
  v1::ListContactsResponse response;
  for (v1::Contact& contact : page.rows) *response.add_contacts() = std::move(contact);
  response.set_next_page_token(std::move(page.next_page_token));
  return response;
}

absl::Status ContactList::Check(const std::string& field, const v1::SavedView& view) {
  std::vector<Filter> parts;
  RETURN_IF_ERROR(AddFilter(field + ".filter", view.filter(), parts));
  RETURN_IF_ERROR(AddQuery(field + ".query", view.query(), parts));
  return ParseOrder(field + ".order_by", view.order_by()).status();
}

absl::StatusOr<ContactList::Question> ContactList::QuestionOf(
    const v1::ListContactsRequest& request, const v1::SavedView& view) {
  Question question;
  std::vector<Filter>& parts = question.parts;
  const auto equals = [&parts](FilterField field, std::string text) {
    Comparison comparison{.field = field, .text = std::move(text)};
    if (!IsEmpty(comparison)) parts.push_back(Filter::Of(std::move(comparison)));
  };
  equals(FilterField::kAccountId, request.account_id());
  equals(FilterField::kSiteId, request.site_id());
  equals(FilterField::kEmail, mail::AddressKey(request.email()));
  RETURN_IF_ERROR(AddFilter("filter", request.filter(), parts));
  RETURN_IF_ERROR(AddFilter("saved_view.filter", view.filter(), parts));
  RETURN_IF_ERROR(AddQuery("query", request.query(), parts));
  RETURN_IF_ERROR(AddQuery("saved_view.query", view.query(), parts));
  const bool has_order = !request.order_by().empty();
  ASSIGN_OR_RETURN(question.order,
                   ParseOrder("order_by", has_order ? request.order_by() : view.order_by()));
  const bool asks_for_unlinked = std::ranges::any_of(
      parts, [](const Filter& part) { return Mentions(part, FilterField::kUnlinked); });
  if (!asks_for_unlinked) {
    parts.push_back(Filter::Of({.field = FilterField::kUnlinked, .number = 0}));
  }

  v1::ListContactsRequest all = request;
  all.clear_page_size();
  all.clear_page_token();
  question.fingerprint = absl::StrCat("contacts\n", all.SerializeAsString(), "\n", view.filter(),
                                      "\n", view.query(), "\n", view.order_by());
  question.page_size = request.page_size();
  question.page_token = request.page_token();
  return question;
}

absl::StatusOr<ContactList::Page> ContactList::Read(storage::Session& session,
                                                    Question question) const {
  // Else PostgreSQL would plan for any value what it has planned for others.
  if (database_.engine() == storage::Engine::kPostgres) {
    RETURN_IF_ERROR(session.Execute("set local plan_cache_mode = force_custom_plan").status());
  }
  if (IsById(question.order)) {
    if (const Filter* few = FewById(question.parts)) {
      return Read(session, question, {.finding = few});
    }
  }
  const Parts indexed = PartsFoundBy(question.parts, FoundBy::kIndex);
  if (indexed.empty() && PartsFoundBy(question.parts, FoundBy::kWords).empty()) {
    return Read(session, question, {});
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> few,
                   Count(session, indexed, limits_.most_gathered + 1));
  if (const auto fewest = std::ranges::min_element(few);
      fewest != few.end() && *fewest <= limits_.most_gathered) {
    return Read(session, question, {.finding = indexed[fewest - few.begin()], .sorts = true});
  }
  RETURN_IF_ERROR(TellOwnWords(session, question.parts));

  const int64_t size = std::max(limits_.first_look, 4 * WantedBy(question));
  ASSIGN_OR_RETURN(Look look, LookAmong(session, question, size));
  if (!look.fills_page && IsById(question.order) && look.expected <= limits_.further_look) {
    // Twice, as it is a guess from few.
    ASSIGN_OR_RETURN(look, LookAmong(session, question, 2 * look.expected));
  }
  if (look.fills_page) return look.page;
  ASSIGN_OR_RETURN(const std::optional<Filter> words, RarestWords(session, question.parts));
  Parts found = indexed;
  if (words.has_value()) found.push_back(&*words);
  // To look a contact up elsewhere and sort it takes about twice as long as to go on to the next.
  const int64_t worth = look.expected / 2;
  ASSIGN_OR_RETURN(const std::vector<int64_t> all, Count(session, found, worth));
  if (const auto fewest = std::ranges::min_element(all); fewest != all.end() && *fewest < worth) {
    return Read(session, question, {.finding = found[fewest - all.begin()], .sorts = true});
  }
  return Read(session, question, {});
}

// How many contacts tell that a page is full, and not the last.
int64_t ContactList::WantedBy(const Question& question) {
  return 1 + (question.page_size > 0 ? question.page_size : storage::PageQuery::kDefaultPageSize);
}

absl::StatusOr<ContactList::Look> ContactList::LookAmong(storage::Session& session,
                                                         const Question& question,
                                                         int64_t size) const {
  storage::PageQuery in_order = QueryOf(question, /*sorts=*/false);
  ConditionWriter writer(database_.engine(), question.order.key == Key::kAccountNumber);
  for (const Filter& part : question.parts) {
    if (IsOnOrder(part, question.order)) in_order.Narrow(writer.Write(part, Use::kFinding));
  }
  ASSIGN_OR_RETURN(auto first_ones,
                   in_order.AmongNext(session, "contact", size, question.page_token));
  const bool are_all = !first_ones.has_value();
  Look look;
  ASSIGN_OR_RETURN(look.page, Read(session, question, {.within = std::move(first_ones)}));
  look.fills_page = are_all || !look.page.next_page_token.empty();
  look.expected = size * WantedBy(question) / std::max<int64_t>(1, look.page.rows.size());
  return look;
}

absl::Status ContactList::TellOwnWords(storage::Session& session,
                                       std::vector<Filter>& parts) const {
  std::vector<Filter*> words;
  storage::Condition select;
  for (Filter& part : parts) {
    if (part.comparison.field != FilterField::kWord) continue;
    const size_t n = words.size();
    absl::StrAppend(&select.sql, n == 0 ? "select " : ", ",
                    "(select count(*) from (select 1 from account_number_word where word >= :from",
                    n, " and word < :to", n, " limit 1) as found", n, ")");
    const auto [from, to] = ConditionWriter::RangeOf(part.comparison.text);
    select.arguments.insert(select.arguments.end(), {from, to});
    words.push_back(&part);
  }
  if (words.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<int64_t> counts, SelectCounts(session, select, words.size()));
  for (size_t i = 0; i < words.size(); ++i) {
    if (counts[i] == 0) words[i]->comparison.field = FilterField::kOwnWord;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Filter>> ContactList::RarestWords(
    storage::Session& session, const std::vector<Filter>& parts) const {
  // Many documents take long to look up, so that a word that more contacts have joins no others.
  const int64_t sampled = limits_.first_look / 4;
  const int64_t most_hits = sampled / 5;
  const Parts worded = PartsFoundBy(parts, FoundBy::kWords);
  if (worded.empty()) return std::nullopt;
  if (worded.size() == 1) return *worded.front();
  ASSIGN_OR_RETURN(const std::vector<int64_t> hits, Sample(session, worded, sampled));
  const size_t rarest = std::ranges::min_element(hits) - hits.begin();
  if (hits[rarest] == 0 || !IsOwnWord(*worded[rarest])) return *worded[rarest];
  // Few contacts are looked up in less time than it takes to go through the list of another word.
  if (hits[rarest] <= sampled / 200) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> alone,
                     Count(session, {worded[rarest]}, limits_.first_look));
    if (alone.front() < limits_.first_look) return *worded[rarest];
  }
  Filter together{.kind = Filter::Kind::kAnd};
  for (size_t i = 0; i < worded.size(); ++i) {
    if (IsOwnWord(*worded[i]) && (i == rarest || hits[i] <= most_hits)) {
      together.parts.push_back(*worded[i]);
    }
  }
  return together;
}

absl::StatusOr<ContactList::Page> ContactList::Read(storage::Session& session,
                                                    const Question& question, Way way) const {
  storage::PageQuery query = QueryOf(question, way.sorts);
  query.Narrow({"contact.merged_into_id = ''", {}});
  ConditionWriter writer(database_.engine(), question.order.key == Key::kAccountNumber);
  if (way.finding != nullptr) query.Narrow(writer.Write(*way.finding, Use::kFinding));
  for (const Filter& part : question.parts) {
    if (&part == way.finding) continue;
    const bool bounds = !way.sorts && IsOnOrder(part, question.order);
    query.Narrow(writer.Write(part, bounds ? Use::kFinding : Use::kChecking));
  }
  if (way.within.has_value()) query.Narrow(*std::move(way.within));
  return query.Read(session, table_, question.page_size, question.page_token);
}

storage::PageQuery ContactList::QueryOf(const Question& question, bool sorts) const {
  // Words such as "+id" keep a database from reading in the order of an index.
  const bool is_sqlite = database_.engine() == storage::Engine::kSqlite;
  std::vector<storage::PageQuery::SortKey> keys;
  const auto add = [&](const char* column, storage::ValueKind kind = storage::ValueKind::kText) {
    const char* const nothing = kind == storage::ValueKind::kText ? " || '')" : " + 0)";
    keys.push_back({.column = !sorts      ? column
                              : is_sqlite ? absl::StrCat("+", column)
                                          : absl::StrCat("(", column, nothing),
                    .kind = kind});
  };
  switch (question.order.key) {
    case Key::kId:
    case Key::kCreateTime:
      break;
    case Key::kName:
      add("contact.name_key");
      break;
    case Key::kEmail:
      add("contact.email_key");
      break;
    case Key::kUpdateTime:
      add("contact.update_time", storage::ValueKind::kInteger);
      break;
    case Key::kAccountNumber:
      add("account_number.number_key");
      add("account_number.account_id");
      break;
  }
  add("contact.id");
  storage::PageQuery query(question.fingerprint, std::move(keys), question.order.falling);
  if (question.order.key == Key::kAccountNumber) {
    query.Join(absl::StrCat("join account_number on ", is_sqlite && !sorts ? "+" : "",
                            "account_number.account_id = contact.account_id"));
  }
  return query;
}

absl::StatusOr<std::vector<int64_t>> ContactList::Count(storage::Session& session,
                                                        const Parts& parts, int64_t most) const {
  if (parts.empty()) return std::vector<int64_t>();
  ConditionWriter writer(database_.engine());
  storage::Condition select;
  for (const Filter* part : parts) {
    storage::Condition found = writer.Select(*part);
    absl::StrAppend(&select.sql, select.sql.empty() ? "select " : ", ", "(select count(*) from (",
                    found.sql, " limit :most) as found)");
    std::ranges::move(found.arguments, std::back_inserter(select.arguments));
    // The first one that names it.
    if (part == parts.front()) select.arguments.emplace_back(most);
  }
  return SelectCounts(session, select, parts.size());
}

absl::StatusOr<std::vector<int64_t>> ContactList::Sample(storage::Session& session,
                                                         const Parts& parts, int64_t size) const {
  ConditionWriter writer(database_.engine());
  storage::Condition select;
  for (const Filter* part : parts) {
    storage::Condition condition = writer.Write(*part, Use::kChecking);
    absl::StrAppend(&select.sql, select.sql.empty() ? "select " : ", ", "count(*) filter (where ",
                    condition.sql, ")");
    std::ranges::move(condition.arguments, std::back_inserter(select.arguments));
  }
  absl::StrAppend(&select.sql, " from (select * from contact order by id limit :size) as contact");
  select.arguments.emplace_back(size);
  return SelectCounts(session, select, parts.size());
}

}  // namespace portico::contact
