#pragma once

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/storage/value.h"

namespace portico::storage {

class Connection;
class RowSet;

// What a unit of work runs its statements through: the transaction it is in.
// It lives as long as the work's call and belongs to that call's thread.
//
// Arguments are bound in the order in which the statement first names them:
//   session.Execute("update site set name = :name where id = :id", name, id)
// A name that is used again stands for the same argument. Statements are
// prepared once per connection and found again by their text, so texts are
// constants or few; values always go through arguments.
//
// Every call can answer these errors. The work is over with the first of them,
// as it is on PostgreSQL: later calls answer it again, and so does the Read or
// Write, whatever the work itself returns. A row that may be there already is
// therefore inserted with "on conflict do nothing".
//   ALREADY_EXISTS: a unique key is taken.
//   FAILED_PRECONDITION: a foreign key, check or not-null constraint fails.
//   INVALID_ARGUMENT: a text argument contains a NUL byte.
//   UNAVAILABLE: the database is locked, full, or cannot be read or written.
//   INTERNAL: anything else, such as bad SQL; the cause is logged.
class Session {
 public:
  // For drivers. The second one is for one select, without a transaction.
  explicit Session(Connection& connection) : connection_(connection) {}
  struct OneSelect {};
  Session(Connection& connection, OneSelect) : connection_(connection), selects_left_(1) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs a statement and answers how many rows an insert, update or delete changed.
  template <class... Args>
  absl::StatusOr<int64_t> Execute(std::string_view sql, const Args&... args) {
    return ExecuteValues(sql, std::array<Value, sizeof...(Args)>{ToValue(args)...});
  }

  // Writes many rows, in one turn to the database. `conflict` is what the insert ends with, such
  // as "on conflict (id) do nothing"; no two of the rows may have a conflict with each other.
  absl::Status InsertRows(const RowSet& rows, std::string_view conflict = "");

  // The condition that `column` is one of those that an argument holds, see ListOf (id_list.h):
  // IsAmong("contact.id", ":ids").
  std::string IsAmong(std::string_view column, std::string_view argument) const;

  // Whether a statement has a way to go to the database.
  bool is_remote() const;

  // What a select ends with so that others wait with its rows until the transaction ends:
  // nothing on SQLite, where there is one writer.
  std::string for_update() const;

  // Answers the first row, or nullopt when there is none. The rest is read and
  // dropped, so the statement should find one row at most. A NULL in a column
  // that is not read as an optional is INTERNAL.
  template <class... Columns, class... Args>
  absl::StatusOr<std::optional<std::tuple<Columns...>>> SelectOne(std::string_view sql,
                                                                  const Args&... args) {
    std::optional<std::tuple<Columns...>> first;
    absl::Status status = SelectTuples<Columns...>(
        sql, std::array<Value, sizeof...(Args)>{ToValue(args)...}, [&](auto&& row) {
          if (!first.has_value()) first = std::move(row);
        });
    if (!status.ok()) return status;
    return first;
  }

  // Answers all rows: for lists of bounded length.
  template <class... Columns, class... Args>
  absl::StatusOr<std::vector<std::tuple<Columns...>>> Select(std::string_view sql,
                                                             const Args&... args) {
    std::vector<std::tuple<Columns...>> rows;
    absl::Status status =
        SelectTuples<Columns...>(sql, std::array<Value, sizeof...(Args)>{ToValue(args)...},
                                 [&](auto&& row) { rows.push_back(std::move(row)); });
    if (!status.ok()) return status;
    return rows;
  }

  // The calls under those above, for argument lists made at run time.
  using RowReader = absl::FunctionRef<absl::Status(std::span<const Cell>)>;
  absl::StatusOr<int64_t> ExecuteValues(std::string_view sql, std::span<const Value> arguments);
  absl::Status SelectCells(std::string_view sql, std::span<const Value> arguments,
                           std::span<const ValueKind> columns, RowReader reader);

  // Has `hook` called once the work's changes are durable, before Write answers;
  // never when they were rolled back. It runs on the thread that commits
  // everyone's writes: it only wakes somebody, takes no lock that is held round
  // a Write, and does not throw. In a Read it is never called.
  void AfterCommit(std::function<void()> hook) { hooks_.push_back(std::move(hook)); }

  // For drivers: runs `work`, whose exceptions become INTERNAL, and answers the
  // first error of its statements or else its own; then the hooks it left.
  absl::Status Run(absl::FunctionRef<absl::Status(Session&)> work);
  std::vector<std::function<void()>> TakeHooks() { return std::move(hooks_); }

 private:
  template <class... Columns, class Add>
  absl::Status SelectTuples(std::string_view sql, std::span<const Value> arguments, Add add) {
    constexpr std::array<ValueKind, sizeof...(Columns)> kKinds{KindOf<Columns>()...};
    constexpr std::array<bool, sizeof...(Columns)> kNullable{IsOptional<Columns>::value...};
    return SelectCells(sql, arguments, kKinds, [&](std::span<const Cell> cells) {
      for (size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].null && !kNullable[i]) return UnexpectedNull(i);
      }
      add(ToTuple<Columns...>(cells, std::index_sequence_for<Columns...>()));
      return absl::OkStatus();
    });
  }

  template <class... Columns, size_t... I>
  static std::tuple<Columns...> ToTuple(std::span<const Cell> cells, std::index_sequence<I...>) {
    return {FromCell<Columns>(cells[I])...};
  }

  static absl::Status NotOneSelect();
  static absl::Status UnexpectedNull(size_t column);
  absl::Status CheckText(std::span<const Value> arguments) const;

  Connection& connection_;
  std::optional<int> selects_left_;  // Any number where there is none.
  absl::Status failure_;
  std::vector<std::function<void()>> hooks_;
};

}  // namespace portico::storage
