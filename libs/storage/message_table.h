#pragma once

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/message_column.h"
#include "libs/storage/session.h"

namespace portico::storage {

// A message as the columns of its row. Borrows from the message, which must outlive it
// and not change. Made before a transaction, it spares the transaction that work.
class Row {
 public:
  Row(Row&&) = default;
  Row& operator=(Row&&) = default;

 private:
  friend class MessageTable;
  Row() = default;

  // What the values borrow that is not in the message.
  std::vector<std::string> texts_;
  std::vector<std::string> derived_;
  std::vector<Value> values_;
};

// Columns of text that no field of a message holds but that follow from it, such as what it is
// sorted by. Whatever writes a message, which is a whole one then, writes them too.
struct DerivedColumns {
  std::vector<std::string> names;
  // A text for each.
  std::function<std::vector<std::string>(const google::protobuf::Message& message)> derive;
};

// Keeps messages of one type in one table, so that a store writes no code per
// column. Columns are named by the fields' paths: "id", and for "name.first"
// name_first. The first one is the key. A field is stored as
//   string                            text
//   integer, enum (its number), bool  bigint
//   double, float                     double precision
//   google.protobuf.Timestamp         bigint, microseconds; NULL when unset
//   other messages, repeated fields   text, JSON; empty when unset
// and a scalar with presence ("optional", or in a oneof) is NULL when unset.
// Other columns of the table are left alone. Immutable, so thread-safe.
class MessageTable {
 public:
  // Aborts when `type` lacks one of the fields: these are written in code.
  MessageTable(const google::protobuf::Descriptor* type, std::string table,
               std::span<const std::string_view> fields, DerivedColumns derived = {});

  // Besides the errors below, all answer Session's.
  Row Prepare(const google::protobuf::Message& message) const;
  absl::Status Insert(Session& session, const Row& row) const;
  using Messages = std::span<const google::protobuf::Message* const>;
  absl::Status InsertAll(Session& session, Messages messages) const;
  absl::Status SaveAll(Session& session, Messages messages) const;
  absl::StatusOr<int64_t> Update(Session& session, const google::protobuf::Message& message) const;
  absl::StatusOr<int64_t> Update(Session& session, const google::protobuf::Message& message,
                                 std::span<const std::string_view> fields) const;
  // `next` gets the cells of `more`, in which further columns may be asked for.
  struct MoreColumns {
    std::string text;  // "thing.size, thing.color"
    std::vector<ValueKind> kinds = {};
  };
  absl::Status Select(Session& session, const MoreColumns& more, std::string_view rest,
                      std::span<const Value> arguments,
                      absl::FunctionRef<google::protobuf::Message&(std::span<const Cell>)> next)
      const;

  // The same of the rows that `statement`, an update or a delete of this table's, has changed.
  absl::Status Change(Session& session, const MoreColumns& more, std::string_view statement,
                      std::span<const Value> arguments,
                      absl::FunctionRef<google::protobuf::Message&(std::span<const Cell>)> next)
      const;

  // "contact.id, contact.name_first, …", for statements of one's own.
  const std::string& columns() const { return columns_text_; }

 private:
  absl::Status Load(Session& session, const MoreColumns& more, const std::string& sql,
                    std::span<const Value> arguments,
                    absl::FunctionRef<google::protobuf::Message&(std::span<const Cell>)> next)
      const;
  absl::Status InsertMany(Session& session, Messages messages, std::string_view conflict) const;
  absl::StatusOr<int64_t> RunUpdate(Session& session, const google::protobuf::Message& message,
                                    const std::vector<const MessageColumn*>& columns) const;

  std::string table_;
  DerivedColumns derived_;
  std::vector<MessageColumn> columns_;
  std::vector<ValueKind> kinds_;
  std::string columns_text_;
  std::string insert_;
  std::string overwrite_;  // "on conflict (id) do update set …", for all columns but the key.
};

template <class M>
class Table {
 public:
  Table(std::string table, std::initializer_list<std::string_view> fields,
        DerivedColumns derived = {})
      : table_(M::descriptor(), std::move(table), {fields.begin(), fields.size()},
               std::move(derived)) {}

  // ALREADY_EXISTS: a row has the same key, or another unique column is taken.
  absl::Status Insert(Session& session, const M& message) const {
    return Insert(session, Prepare(message));
  }
  absl::Status Insert(Session& session, const Row& row) const {
    return table_.Insert(session, row);
  }
  Row Prepare(const M& message) const { return table_.Prepare(message); }

  // Many, in one turn to the database. ALREADY_EXISTS: as Insert, of any.
  absl::Status InsertAll(Session& session, std::span<const M> messages) const {
    return table_.InsertAll(session, PointersTo(messages));
  }
  absl::Status InsertAll(Session& session, std::span<const M* const> messages) const {
    return table_.InsertAll(session, PointersTo(messages));
  }

  // The same, but one whose key a row has overwrites all columns of that. No two may have the
  // same key. ALREADY_EXISTS: another unique column is taken.
  absl::Status SaveAll(Session& session, std::span<const M> messages) const {
    return table_.SaveAll(session, PointersTo(messages));
  }
  absl::Status SaveAll(Session& session, std::span<const M* const> messages) const {
    return table_.SaveAll(session, PointersTo(messages));
  }

  // Writes all columns of the row with the message's key. Answers the number of
  // rows written: 0 when there is none with it.
  absl::StatusOr<int64_t> Update(Session& session, const M& message) const {
    return table_.Update(session, message);
  }

  // Writes only the columns of `fields`, which are paths as in an update mask:
  // "name" means all columns below it, and "address.city" the one that holds it.
  // INVALID_ARGUMENT: a path has no column, or none but the key's.
  absl::StatusOr<int64_t> Update(Session& session, const M& message,
                                 std::span<const std::string_view> fields) const {
    return table_.Update(session, message, fields);
  }

  // The first row that `rest` ("where id = :id") finds, or nullopt.
  template <class... Args>
  absl::StatusOr<std::optional<M>> FindBy(Session& session, std::string_view rest,
                                          const Args&... args) const {
    std::optional<M> found;
    M extra;
    absl::Status status =
        table_.Select(session, {}, rest, std::array<Value, sizeof...(Args)>{ToValue(args)...},
                      [&](auto) -> google::protobuf::Message& {
                        if (!found.has_value()) return found.emplace();
                        extra.Clear();
                        return extra;
                      });
    if (!status.ok()) return status;
    return found;
  }

  // All rows that `rest` ("where … order by … limit :limit") finds.
  template <class... Args>
  absl::StatusOr<std::vector<M>> List(Session& session, std::string_view rest,
                                      const Args&... args) const {
    return ListValues(session, rest, std::array<Value, sizeof...(Args)>{ToValue(args)...});
  }

  // As List, for arguments gathered at run time, such as a filter's.
  absl::StatusOr<std::vector<M>> ListValues(Session& session, std::string_view rest,
                                            std::span<const Value> arguments) const {
    return ListWith(session, {}, rest, arguments, [](auto) {});
  }

  // The same; `see` gets the cells of `more` for each row.
  absl::StatusOr<std::vector<M>> ListWith(
      Session& session, const MessageTable::MoreColumns& more, std::string_view rest,
      std::span<const Value> arguments,
      absl::FunctionRef<void(std::span<const Cell>)> see) const {
    std::vector<M> found;
    absl::Status status = table_.Select(session, more, rest, arguments,
                                        [&](auto cells) -> google::protobuf::Message& {
                                          see(cells);
                                          return found.emplace_back();
                                        });
    if (!status.ok()) return status;
    return found;
  }

  // All rows that `statement` ("update … set … where …") has changed, as they are now, in no order.
  // `see` gets the cells of `more` for each, as in ListWith.
  absl::StatusOr<std::vector<M>> ChangeWith(
      Session& session, const MessageTable::MoreColumns& more, std::string_view statement,
      std::span<const Value> arguments,
      absl::FunctionRef<void(std::span<const Cell>)> see) const {
    std::vector<M> changed;
    absl::Status status = table_.Change(session, more, statement, arguments,
                                        [&](auto cells) -> google::protobuf::Message& {
                                          see(cells);
                                          return changed.emplace_back();
                                        });
    if (!status.ok()) return status;
    return changed;
  }

  const std::string& columns() const { return table_.columns(); }

 private:
  static std::vector<const google::protobuf::Message*> PointersTo(std::span<const M> messages) {
    std::vector<const google::protobuf::Message*> pointers;
    for (const M& message : messages) pointers.push_back(&message);
    return pointers;
  }
  static std::vector<const google::protobuf::Message*> PointersTo(
      std::span<const M* const> messages) {
    return {messages.begin(), messages.end()};
  }

  MessageTable table_;
};

}  // namespace portico::storage
