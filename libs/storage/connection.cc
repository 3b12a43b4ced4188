#include "libs/storage/connection.h"

#include <spdlog/spdlog.h>

namespace portico::storage {
namespace {

// Far more than the constant statements of a service: only texts made from
// filters can reach it, and then starting afresh is cheap enough.
constexpr size_t kMaxStatements = 512;

absl::string_view Key(std::string_view sql) { return {sql.data(), sql.size()}; }

}  // namespace

absl::StatusOr<int64_t> Connection::Execute(std::string_view sql,
                                            std::span<const Value> arguments) {
  try {
    Statement& statement = Prepare(sql, arguments, {});
    const bool has_rows = statement.Execute(arguments);
    const int64_t changed = statement.ChangedRows();
    // Rows that nobody reads would keep the statement, and with it a snapshot, open.
    if (has_rows) Forget(sql);
    return changed;
  } catch (const soci::soci_error& error) {
    return Failed(sql, error);
  }
}

absl::Status Connection::Select(std::string_view sql, std::span<const Value> arguments,
                                std::span<const ValueKind> columns,
                                absl::FunctionRef<absl::Status(std::span<const Cell>)> reader) {
  try {
    Statement& statement = Prepare(sql, arguments, columns);
    absl::Status status;
    for (bool row = statement.Execute(arguments); row && status.ok(); row = statement.Fetch()) {
      status = reader(statement.cells());
    }
    if (!status.ok()) Forget(sql);
    return status;
  } catch (const soci::soci_error& error) {
    return Failed(sql, error);
  } catch (...) {
    Forget(sql);
    throw;
  }
}

Statement& Connection::Prepare(std::string_view sql, std::span<const Value> arguments,
                               std::span<const ValueKind> columns) {
  const auto found = statements_.find(Key(sql));
  if (found != statements_.end() && found->second->Fits(arguments, columns)) return *found->second;
  if (statements_.size() >= kMaxStatements) statements_.clear();
  auto statement = std::make_unique<Statement>(*session_, sql, arguments, columns);
  return *(statements_[Key(sql)] = std::move(statement));
}

void Connection::ForgetAll() {
  statements_.clear();
  failed_.clear();
}

void Connection::Forget(std::string_view sql) { statements_.erase(Key(sql)); }

absl::Status Connection::Failed(std::string_view sql, const soci::soci_error& error) {
  // SOCI leaves a statement that failed in disorder, so it must be prepared anew.
  const auto found = statements_.find(Key(sql));
  if (dialect_.failure_spoils_transaction && found != statements_.end()) {
    failed_.push_back(std::move(found->second));
  }
  Forget(sql);
  absl::Status status = dialect_.status_of(error);
  // Not what(), which holds the bound values. Outages are logged where they can
  // be told from their repetitions, and refusals are the caller's to judge.
  if (status.code() == absl::StatusCode::kInternal) {
    spdlog::error("database: {} in \"{}\"", error.get_error_message(), sql);
  }
  return status;
}

}  // namespace portico::storage
