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
    parts.push_back(Filter::Of(
        {.field = FilterField::kWord, .text = std::move(word), .is_prefix = true}));
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
    case FilterField::kName: return order.key == Key::kName;
    case FilterField::kEmail: return order.key == Key::kEmail;
    case FilterField::kAccountNumber: return order.key == Key::kAccountNumber;
    case FilterField::kCreateTime: return IsById(order);
    case FilterField::kUpdateTime: return order.key == Key::kUpdateTime;
    default: return false;
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
  question.fingerprint =
      absl::StrCat("contacts\n", all.SerializeAsString(), "\n", view.filter(), "\n", view.query(),
                   "\n", view.order_by());
  question.page_size = request.page_size();
  question.page_token = request.page_token();
  return question;
}

absl::StatusOr<ContactList::Page> ContactList::Read(storage::Session& session,
                                                    const Question& question) const {
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
  ASSIGN_OR_RETURN(const std::vector<int64_t> counts, Count(session, indexed));
  const auto fewest = std::ranges::min_element(counts);
  if (fewest != counts.end() && *fewest <= limits_.most_gathered) {
    return Read(session, question,
                {.finding = indexed[fewest - counts.begin()], .sorts = true});
  }
  const Parts worded = PartsFoundBy(question.parts, FoundBy::kWords);
  if (!worded.empty()) return ReadByWords(session, question, worded);
  return Read(session, question, {});
}

absl::StatusOr<ContactList::Page> ContactList::ReadByWords(storage::Session& session,
                                                           const Question& question,
                                                           const Parts& parts) const {
  // What many contacts have fills a page among the first ones already.
  ASSIGN_OR_RETURN(auto first_ones, QueryOf(question, /*sorts=*/false)
                                        .AmongNext(session, "contact", limits_.first_look,
                                                   question.page_token));
  if (!first_ones.has_value()) return Read(session, question, {});
  ASSIGN_OR_RETURN(Page page,
                   Read(session, question, {.within = std::move(first_ones)}));
  if (!page.next_page_token.empty()) return page;

  const Filter* rarest = parts.front();
  if (parts.size() > 1) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> hits, Sample(session, parts));
    rarest = parts[std::ranges::min_element(hits) - hits.begin()];
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> counts, Count(session, {rarest}));
  if (counts.front() > limits_.most_gathered) return Read(session, question, {});
  return Read(session, question, {.finding = rarest, .sorts = true});
}

absl::StatusOr<ContactList::Page> ContactList::Read(storage::Session& session,
                                                    const Question& question, Way way) const {
  storage::PageQuery query = QueryOf(question, way.sorts);
  query.Narrow({"contact.merged_into_id = ''", {}});
  ConditionWriter writer(database_.engine(), question.order.key == Key::kAccountNumber);
  for (const Filter& part : question.parts) {
    const bool finds = &part == way.finding || (!way.sorts && IsOnOrder(part, question.order));
    query.Narrow(writer.Write(part, finds ? Use::kFinding : Use::kChecking));
  }
  if (way.within.has_value()) query.Narrow(*std::move(way.within));
  return query.Read(session, table_, question.page_size, question.page_token);
}

storage::PageQuery ContactList::QueryOf(const Question& question, bool sorts) const {
  // What has the sign SQLite does not look up by an index.
  const bool is_sqlite = database_.engine() == storage::Engine::kSqlite;
  const std::string sign = is_sqlite && sorts ? "+" : "";
  std::vector<storage::PageQuery::SortKey> keys;
  const auto add = [&](const char* column, storage::ValueKind kind = storage::ValueKind::kText) {
    keys.push_back({.column = sign + column, .kind = kind});
  };
  switch (question.order.key) {
    case Key::kId:
    case Key::kCreateTime: break;
    case Key::kName: add("contact.name_key"); break;
    case Key::kEmail: add("contact.email_key"); break;
    case Key::kUpdateTime: add("contact.update_time", storage::ValueKind::kInteger); break;
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
                                                        const Parts& parts) const {
  if (parts.empty()) return std::vector<int64_t>();
  ConditionWriter writer(database_.engine());
  storage::Condition select;
  for (const Filter* part : parts) {
    storage::Condition condition = writer.Write(*part, Use::kFinding);
    absl::StrAppend(&select.sql, select.sql.empty() ? "select " : ", ",
                    "(select count(*) from (select 1 from contact where ", condition.sql,
                    " limit ", limits_.most_gathered + 1, ") as found)");
    std::ranges::move(condition.arguments, std::back_inserter(select.arguments));
  }
  return SelectCounts(session, select, parts.size());
}

absl::StatusOr<std::vector<int64_t>> ContactList::Sample(storage::Session& session,
                                                         const Parts& parts) const {
  ConditionWriter writer(database_.engine());
  storage::Condition select;
  for (const Filter* part : parts) {
    storage::Condition condition = writer.Write(*part, Use::kChecking);
    absl::StrAppend(&select.sql, select.sql.empty() ? "select " : ", ",
                    "count(*) filter (where ", condition.sql, ")");
    std::ranges::move(condition.arguments, std::back_inserter(select.arguments));
  }
  absl::StrAppend(&select.sql, " from (select * from contact order by id limit ",
                  limits_.first_look, ") as contact");
  return SelectCounts(session, select, parts.size());
}

}  // namespace portico::contact
