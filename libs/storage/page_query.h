#pragma once

#include <absl/status/statusor.h>

#include <algorithm>
#include <cstdint>
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

// A page of the rows that meet all conditions, by keyset on their ids: rows that
// come or go meanwhile make it neither repeat nor skip another.
class PageQuery {
 public:
  enum class Order { kByIdRising, kByIdFalling };

  // `list` tells one list from another, so that none takes another's tokens.
  explicit PageQuery(std::string_view list, Order order = Order::kByIdRising);

  // Only rows for which `condition` holds. It names one argument, which is
  // `value`, such as "lower(email) = :email". An empty or zero value asks nothing.
  PageQuery& Where(std::string_view condition, std::string value);
  PageQuery& Where(std::string_view condition, int64_t value);
  // The same for a condition that names none, such as "active = 1".
  PageQuery& Where(std::string_view condition);

  // `page_size` 0 stands for 50. A page of large rows ends early, so that it fits
  // into the 4 MiB that a gRPC client takes.
  // INVALID_ARGUMENT: the token was given out for another list or other conditions.
  template <class Row>
  absl::StatusOr<Page<Row>> Read(Session& session, const Table<Row>& table, int32_t page_size,
                                 std::string_view page_token) const {
    const size_t size = page_size > 0 ? static_cast<size_t>(page_size) : kDefaultPageSize;
    ASSIGN_OR_RETURN(const Statement statement, Prepare(size, page_token));
    Page<Row> page;
    ASSIGN_OR_RETURN(page.rows, table.ListValues(session, statement.rest, statement.Arguments()));
    size_t kept = 0;
    for (size_t bytes = 0; kept < page.rows.size() && bytes < kMostPageBytes; ++kept) {
      bytes += page.rows[kept].ByteSizeLong();
    }
    if (page.rows.size() > std::min(size, kept)) {
      page.rows.resize(std::min(size, kept));
      page.next_page_token = TokenAfter(page.rows.back().id());
    }
    return page;
  }

  // Asks for what comes after the row with this id.
  std::string TokenAfter(const std::string& last_id) const;

 private:
  using Argument = std::variant<std::string, int64_t>;
  struct Statement {
    std::string rest;  // "where … order by id limit :limit", for one row more than the page holds.
    std::vector<Argument> values;
    std::vector<Value> Arguments() const;
  };
  static constexpr size_t kDefaultPageSize = 50;
  static constexpr size_t kMostPageBytes = 2 << 20;

  absl::StatusOr<Statement> Prepare(size_t size, std::string_view page_token) const;
  const Order order_;
  std::string conditions_;
  std::string fingerprint_;
  std::vector<Argument> values_;
};

}  // namespace portico::storage
