#pragma once

#include <absl/status/statusor.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/message_table.h"

namespace portico::storage {

// A page of a list, and what asks for the next one; "" on the last.
template <class Row>
struct Page {
  std::vector<Row> rows;
  std::string next_page_token;
};

using Argument = std::variant<std::string, int64_t>;

// A condition made at run time, with the arguments that it names, in the order in which it does.
struct Condition {
  std::string sql;
  std::vector<Argument> arguments;
};

// For SelectCells and the like. They borrow.
std::vector<Value> ValuesOf(const std::vector<Argument>& arguments);

// A page of the rows that meet all conditions, by keyset on what they are sorted by: rows that
// come or go meanwhile make it neither repeat nor skip another.
class PageQuery {
 public:
  enum class Order { kByIdRising, kByIdFalling };
  // A column without NULLs.
  struct SortKey {
    std::string column;
    ValueKind kind = ValueKind::kText;
  };

  // `list` tells one list from another, so that none takes another's tokens.
  explicit PageQuery(std::string_view list, Order order = Order::kByIdRising);
  // By these, one after the other, all rising or all falling. No two rows have all of them alike.
  PageQuery(std::string_view list, std::vector<SortKey> keys, bool falling);

  // Only rows for which `condition` holds. It names one argument, which is
  // `value`, such as "lower(email) = :email". An empty or zero value asks nothing.
  PageQuery& Where(std::string_view condition, std::string value);
  PageQuery& Where(std::string_view condition, int64_t value);

  // The same for what `list` has said already, so that it may be worded otherwise from page to
  // page.
  PageQuery& Narrow(Condition condition);

  // "join account on …", for conditions and keys that are another table's.
  PageQuery& Join(std::string_view join);

  // What a `page_size` of 0 stands for.
  static constexpr int32_t kDefaultPageSize = 50;

  // A page of large rows ends early, so that it fits
  // into the 4 MiB that a gRPC client takes.
  // INVALID_ARGUMENT: the token was given out for another list or other conditions.
  template <class Row>
  absl::StatusOr<Page<Row>> Read(Session& session, const Table<Row>& table, int32_t page_size,
                                 std::string_view page_token) const {
    const size_t size = static_cast<size_t>(page_size > 0 ? page_size : kDefaultPageSize);
    // One row more than the page holds tells whether another follows.
    ASSIGN_OR_RETURN(const Condition statement,
                     Prepare(page_token, "limit :rows", static_cast<int64_t>(size) + 1));
    Page<Row> page;
    std::vector<std::vector<std::string>> keys;
    ASSIGN_OR_RETURN(page.rows,
                     table.ListWith(session, keys_, statement.sql, ValuesOf(statement.arguments),
                                    [&](auto cells) { keys.push_back(TextsOf(cells)); }));
    size_t kept = 0;
    for (size_t bytes = 0; kept < page.rows.size() && bytes < kMostPageBytes; ++kept) {
      bytes += page.rows[kept].ByteSizeLong();
    }
    if (page.rows.size() > std::min(size, kept)) {
      page.rows.resize(std::min(size, kept));
      page.next_page_token = TokenAfter(keys[page.rows.size() - 1]);
    }
    return page;
  }

  // The condition that a row is one of the next `rows` of `table`; nullopt when there are fewer.
  // INVALID_ARGUMENT: as Read.
  absl::StatusOr<std::optional<Condition>> AmongNext(Session& session, std::string_view table,
                                                     int64_t rows,
                                                     std::string_view page_token) const;

  // Asks for what comes after the row with this id, of a list sorted by ids.
  std::string TokenAfter(const std::string& last_id) const;

 private:
  static constexpr size_t kMostPageBytes = 2 << 20;

  static std::vector<std::string> TextsOf(std::span<const Cell> cells);

  // "join … where … order by id ", and `limit`, which names `rows`.
  absl::StatusOr<Condition> Prepare(std::string_view page_token, std::string_view limit,
                                    int64_t rows) const;
  // That a row comes after the page before; nullopt for the first page.
  absl::StatusOr<std::optional<Condition>> After(std::string_view page_token) const;
  Condition Compared(std::string_view comparator, std::string_view argument,
                     std::vector<Argument> key) const;
  std::string OrderBy() const;
  std::string TokenAfter(const std::vector<std::string>& key) const;

  MessageTable::MoreColumns keys_;
  std::vector<std::string> key_columns_;
  const bool falling_;
  std::string join_;
  std::string fingerprint_;
  Condition all_;  // "where … and …", or "".
};

}  // namespace portico::storage
