#include "libs/storage/page_query.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <utility>

#include "libs/storage/page_token.h"

namespace portico::storage {

std::vector<Value> ValuesOf(const std::vector<Argument>& arguments) {
  std::vector<Value> values;
  for (const Argument& argument : arguments) {
    values.push_back(std::visit([](const auto& held) { return ToValue(held); }, argument));
  }
  return values;
}

PageQuery::PageQuery(std::string_view list, Order order)
    : PageQuery(list, {{.column = "id"}}, order == Order::kByIdFalling) {}

PageQuery::PageQuery(std::string_view list, std::vector<SortKey> keys, bool falling)
    : falling_(falling), fingerprint_(list) {
  for (SortKey& key : keys) {
    keys_.kinds.push_back(key.kind);
    key_columns_.push_back(std::move(key.column));
  }
  keys_.text = absl::StrJoin(key_columns_, ", ");
}

PageQuery& PageQuery::Where(std::string_view condition, std::string value) {
  if (value.empty()) return *this;
  fingerprint_.append("\n").append(condition).append("\n").append(value);
  return Narrow({std::string(condition), {std::move(value)}});
}

PageQuery& PageQuery::Where(std::string_view condition, int64_t value) {
  if (value == 0) return *this;
  fingerprint_.append("\n").append(condition).append("\n").append(std::to_string(value));
  return Narrow({std::string(condition), {value}});
}

PageQuery& PageQuery::Narrow(Condition condition) {
  absl::StrAppend(&all_.sql, all_.sql.empty() ? "where " : " and ", condition.sql);
  for (Argument& argument : condition.arguments) all_.arguments.push_back(std::move(argument));
  return *this;
}

PageQuery& PageQuery::Join(std::string_view join) {
  join_.append(join).append(" ");
  return *this;
}

absl::StatusOr<Condition> PageQuery::Prepare(std::string_view page_token, std::string_view limit,
                                             int64_t rows) const {
  PageQuery page = *this;
  ASSIGN_OR_RETURN(std::optional<Condition> after, After(page_token));
  if (after.has_value()) page.Narrow(*std::move(after));
  Condition statement = std::move(page.all_);
  statement.sql = absl::StrCat(join_, statement.sql, OrderBy(), " ", std::string(limit));
  statement.arguments.emplace_back(rows);
  return statement;
}

absl::StatusOr<std::optional<Condition>> PageQuery::After(std::string_view page_token) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> key, DecodePageToken(page_token, fingerprint_));
  if (key.empty()) return std::nullopt;
  std::vector<Argument> arguments;
  for (size_t i = 0; i < std::min(key.size(), key_columns_.size()); ++i) {
    int64_t number = 0;
    if (keys_.kinds[i] == ValueKind::kInteger && absl::SimpleAtoi(key[i], &number)) {
      arguments.emplace_back(number);
    } else {
      arguments.emplace_back(key[i]);
    }
  }
  return Compared(falling_ ? "<" : ">", "after", std::move(arguments));
}

Condition PageQuery::Compared(std::string_view comparator, std::string_view argument,
                              std::vector<Argument> key) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < key.size(); ++i) {
    names.push_back(absl::StrCat(":", std::string(argument), i));
  }
  return {absl::StrCat("(", keys_.text, ") ", std::string(comparator), " (",
                       absl::StrJoin(names, ", "), ")"),
          std::move(key)};
}

std::string PageQuery::OrderBy() const {
  const char* const direction = falling_ ? " desc" : "";
  return absl::StrCat(" order by ", absl::StrJoin(key_columns_, ", ",
                                                  [&](std::string* out, const std::string& column) {
                                                    absl::StrAppend(out, column, direction);
                                                  }));
}

absl::StatusOr<std::optional<Condition>> PageQuery::AmongNext(Session& session,
                                                              std::string_view table, int64_t rows,
                                                              std::string_view page_token) const {
  ASSIGN_OR_RETURN(Condition statement, Prepare(page_token, "limit 1 offset :rows", rows - 1));
  statement.sql =
      absl::StrCat("select ", keys_.text, " from ", std::string(table), " ", statement.sql);
  std::vector<Argument> last;
  RETURN_IF_ERROR(session.SelectCells(statement.sql, ValuesOf(statement.arguments), keys_.kinds,
                                      [&](std::span<const Cell> cells) {
                                        for (const Cell& cell : cells) {
                                          if (cell.kind == ValueKind::kInteger) {
                                            last.emplace_back(cell.integer);
                                          } else {
                                            last.emplace_back(cell.text);
                                          }
                                        }
                                        return absl::OkStatus();
                                      }));
  if (last.empty()) return std::nullopt;
  return Compared(falling_ ? ">=" : "<=", "last", std::move(last));
}

std::vector<std::string> PageQuery::TextsOf(std::span<const Cell> cells) {
  std::vector<std::string> texts;
  for (const Cell& cell : cells) {
    texts.push_back(cell.kind == ValueKind::kInteger ? std::to_string(cell.integer) : cell.text);
  }
  return texts;
}

std::string PageQuery::TokenAfter(const std::string& last_id) const {
  return TokenAfter(std::vector<std::string>{last_id});
}

std::string PageQuery::TokenAfter(const std::vector<std::string>& key) const {
  return EncodePageToken(key, fingerprint_);
}

}  // namespace portico::storage
