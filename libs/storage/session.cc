#include "libs/storage/session.h"

#include <spdlog/spdlog.h>

#include <exception>

#include "libs/base/status_macros.h"
#include "libs/storage/connection.h"

namespace portico::storage {

absl::StatusOr<int64_t> Session::ExecuteValues(std::string_view sql,
                                               std::span<const Value> arguments) {
  if (failure_.ok()) failure_ = CheckText(arguments);
  RETURN_IF_ERROR(failure_);
  absl::StatusOr<int64_t> changed = connection_.Execute(sql, arguments);
  failure_ = changed.status();
  return changed;
}

absl::Status Session::SelectCells(std::string_view sql, std::span<const Value> arguments,
                                  std::span<const ValueKind> columns, RowReader reader) {
  if (failure_.ok()) failure_ = CheckText(arguments);
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
