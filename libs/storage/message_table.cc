#include "libs/storage/message_table.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "libs/base/status_macros.h"
#include "libs/storage/row_set.h"

namespace portico::storage {
namespace {

using google::protobuf::Message;

// Whether the path `inner` is `outer` or lies below it.
bool Covers(std::string_view outer, std::string_view inner) {
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '.');
}

}  // namespace

MessageTable::MessageTable(const google::protobuf::Descriptor* type, std::string table,
                           std::span<const std::string_view> fields, DerivedColumns derived)
    : table_(std::move(table)), derived_(std::move(derived)) {
  std::string names;
  std::string placeholders;
  for (const std::string_view field : fields) {
    const MessageColumn& column = columns_.emplace_back(type, std::string(field));
    kinds_.push_back(column.kind());
    const char* comma = columns_.size() > 1 ? ", " : "";
    // With the table's name, so that a select may join others.
    absl::StrAppend(&columns_text_, comma, table_, ".", column.name());
    absl::StrAppend(&names, comma, column.name());
    absl::StrAppend(&placeholders, comma, ":", column.name());
  }
  for (const std::string& name : derived_.names) {
    absl::StrAppend(&names, ", ", name);
    absl::StrAppend(&placeholders, ", :", name);
  }
  insert_ = absl::StrCat("insert into ", table_, " (", names, ") values (", placeholders, ")");
  overwrite_ = absl::StrCat("on conflict (", columns_.front().name(), ") do update set ");
  for (size_t i = 1; i < columns_.size(); ++i) {
    absl::StrAppend(&overwrite_, i > 1 ? ", " : "", columns_[i].name(), " = excluded.",
                    columns_[i].name());
  }
  for (const std::string& name : derived_.names) {
    absl::StrAppend(&overwrite_, ", ", name, " = excluded.", name);
  }
}

Row MessageTable::Prepare(const Message& message) const {
  Row row;
  row.texts_.resize(columns_.size());
  row.values_.reserve(columns_.size() + derived_.names.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    row.values_.push_back(columns_[i].Store(message, row.texts_[i]));
  }
  if (!derived_.names.empty()) row.derived_ = derived_.derive(message);
  for (const std::string& text : row.derived_) row.values_.push_back(ToValue(text));
  return row;
}

absl::Status MessageTable::Insert(Session& session, const Row& row) const {
  return session.ExecuteValues(insert_, row.values_).status();
}

absl::Status MessageTable::InsertAll(Session& session, Messages messages) const {
  return InsertMany(session, messages, "");
}

absl::Status MessageTable::SaveAll(Session& session, Messages messages) const {
  return InsertMany(session, messages, overwrite_);
}

absl::Status MessageTable::InsertMany(Session& session, Messages messages,
                                      std::string_view conflict) const {
  if (!session.is_remote()) {
    const std::string sql = absl::StrCat(insert_, " ", std::string(conflict));
    for (const Message* message : messages) {
      RETURN_IF_ERROR(session.ExecuteValues(sql, Prepare(*message).values_).status());
    }
    return absl::OkStatus();
  }
  std::vector<std::string_view> names;
  for (const MessageColumn& column : columns_) names.push_back(column.name());
  names.insert(names.end(), derived_.names.begin(), derived_.names.end());
  RowSet rows(table_, names);
  for (const Message* message : messages) rows.AddValues(Prepare(*message).values_);
  return session.InsertRows(rows, conflict);
}

absl::StatusOr<int64_t> MessageTable::Update(Session& session, const Message& message) const {
  std::vector<const MessageColumn*> columns;
  for (size_t i = 1; i < columns_.size(); ++i) columns.push_back(&columns_[i]);
  return RunUpdate(session, message, columns);
}

absl::StatusOr<int64_t> MessageTable::Update(Session& session, const Message& message,
                                             std::span<const std::string_view> fields) const {
  std::vector<bool> used(fields.size());
  std::vector<const MessageColumn*> columns;
  for (const MessageColumn& column : columns_) {
    bool chosen = false;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (Covers(fields[i], column.path()) || Covers(column.path(), fields[i])) {
        chosen = used[i] = true;
      }
    }
    if (chosen && &column != &columns_.front()) columns.push_back(&column);
  }
  const auto unused = std::ranges::find(used, false);
  if (unused != used.end()) {
    const std::string_view path = fields[unused - used.begin()];
    return absl::InvalidArgumentError(
        absl::StrCat("got the field \"", std::string(path), "\", want one that is stored"));
  }
  if (columns.empty()) return absl::InvalidArgumentError("got no field to update, want one");
  return RunUpdate(session, message, columns);
}

absl::StatusOr<int64_t> MessageTable::RunUpdate(
    Session& session, const Message& message,
    const std::vector<const MessageColumn*>& columns) const {
  const MessageColumn& key = columns_.front();
  std::string sql = absl::StrCat("update ", table_, " set ");
  std::vector<std::string> texts(columns.size() + 1);
  std::vector<Value> values;
  values.reserve(texts.size());
  for (const MessageColumn* column : columns) {
    absl::StrAppend(&sql, values.empty() ? "" : ", ", column->name(), " = :", column->name());
    const size_t next = values.size();
    values.push_back(column->Store(message, texts[next]));
  }
  const std::vector<std::string> derived =
      derived_.names.empty() ? std::vector<std::string>() : derived_.derive(message);
  for (size_t i = 0; i < derived.size(); ++i) {
    absl::StrAppend(&sql, ", ", derived_.names[i], " = :", derived_.names[i]);
    values.push_back(ToValue(derived[i]));
  }
  absl::StrAppend(&sql, " where ", key.name(), " = :", key.name());
  values.push_back(key.Store(message, texts.back()));
  return session.ExecuteValues(sql, values);
}

absl::Status MessageTable::Select(
    Session& session, const MoreColumns& more, std::string_view rest,
    std::span<const Value> arguments,
    absl::FunctionRef<Message&(std::span<const Cell>)> next) const {
  return Load(session, more,
              absl::StrCat("select ", columns_text_, more.text.empty() ? "" : ", ", more.text,
                           " from ", table_, " ", absl::string_view(rest.data(), rest.size())),
              arguments, next);
}

absl::Status MessageTable::Change(
    Session& session, const MoreColumns& more, std::string_view statement,
    std::span<const Value> arguments,
    absl::FunctionRef<Message&(std::span<const Cell>)> next) const {
  return Load(session, more,
              absl::StrCat(absl::string_view(statement.data(), statement.size()), " returning ",
                           columns_text_, more.text.empty() ? "" : ", ", more.text),
              arguments, next);
}

absl::Status MessageTable::Load(
    Session& session, const MoreColumns& more, const std::string& sql,
    std::span<const Value> arguments,
    absl::FunctionRef<Message&(std::span<const Cell>)> next) const {
  std::vector<ValueKind> kinds = kinds_;
  kinds.insert(kinds.end(), more.kinds.begin(), more.kinds.end());
  return session.SelectCells(sql, arguments, kinds, [&](std::span<const Cell> cells) {
    Message& message = next(cells.subspan(columns_.size()));
    for (size_t i = 0; i < columns_.size(); ++i) {
      RETURN_IF_ERROR(columns_[i].Load(cells[i], message));
    }
    return absl::OkStatus();
  });
}

}  // namespace portico::storage
