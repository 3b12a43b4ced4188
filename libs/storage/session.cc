#include "libs/storage/session.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/substitute.h>
#include <spdlog/spdlog.h>

#include <exception>

#include "libs/base/status_macros.h"
#include "libs/storage/connection.h"
#include "libs/storage/row_set.h"

namespace portico::storage {

absl::StatusOr<int64_t> Session::ExecuteValues(std::string_view sql,
                                               std::span<const Value> arguments) {
  if (failure_.ok()) failure_ = CheckText(arguments);
  if (failure_.ok() && selects_left_.has_value()) failure_ = NotOneSelect();
  RETURN_IF_ERROR(failure_);
  absl::StatusOr<int64_t> changed = connection_.Execute(sql, arguments);
  failure_ = changed.status();
  return changed;
}

absl::Status Session::InsertRows(const RowSet& rows, std::string_view conflict) {
  if (rows.empty()) return failure_;
  const auto ending_so = [conflict](const std::string& insert) {
    return absl::StrCat(insert, " ", std::string(conflict));
  };
  // A turn to a database in the same process costs next to nothing.
  if (!is_remote()) {
    const std::string insert = ending_so(rows.insert_one());
    for (const std::vector<Cell>& row : rows.rows()) {
      RETURN_IF_ERROR(ExecuteValues(insert, RowSet::Arguments(row)).status());
    }
    return absl::OkStatus();
  }
  for (const std::vector<Cell>& row : rows.rows()) {
    if (failure_.ok()) failure_ = CheckText(RowSet::Arguments(row));
  }
  RETURN_IF_ERROR(failure_);
  return Execute(ending_so(rows.InsertAllFromJson()), rows.Json()).status();
}

std::string Session::IsAmong(std::string_view column, std::string_view argument) const {
  return absl::Substitute(connection_.dialect().is_among, std::string(column),
                          std::string(argument));
}

bool Session::is_remote() const { return connection_.dialect().is_remote; }

std::string Session::for_update() const {
  return is_remote() ? " for update" : "";
}

absl::Status Session::SelectCells(std::string_view sql, std::span<const Value> arguments,
                                  std::span<const ValueKind> columns, RowReader reader) {
  if (failure_.ok()) failure_ = CheckText(arguments);
  if (failure_.ok() && selects_left_.has_value() && --*selects_left_ < 0) {
    failure_ = NotOneSelect();
  }
  if (failure_.ok()) failure_ = connection_.Select(sql, arguments, columns, reader);
  return failure_;
}

absl::Status Session::Run(absl::FunctionRef<absl::Status(Session&)> work) {
  absl::Status status;
  try {
    status = work(*this);
  } catch (const std::exception& error) {
    spdlog::error("database work threw: {}", error.what());
    status = absl::InternalError("an exception in database work");
  } catch (...) {
    spdlog::error("database work threw what is no std::exception");
    status = absl::InternalError("an exception in database work");
  }
  return failure_.ok() ? status : failure_;
}

absl::Status Session::NotOneSelect() {
  return absl::InternalError("a read of one select does more");
}

absl::Status Session::UnexpectedNull(size_t column) {
  return absl::InternalError("column " + std::to_string(column) + " is NULL");
}

// PostgreSQL would cut the text at the NUL without a word.
absl::Status Session::CheckText(std::span<const Value> arguments) const {
  for (const Value& argument : arguments) {
    if (argument.text.find('\0') != std::string_view::npos) {
      return absl::InvalidArgumentError("got text with a NUL byte, want text without");
    }
  }
  return absl::OkStatus();
}

}  // namespace portico::storage
