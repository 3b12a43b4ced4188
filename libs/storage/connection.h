#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <soci/soci.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/statement.h"
#include "libs/storage/value.h"

namespace portico::storage {

// What tells one kind of database from another.
struct Dialect {
  absl::Status (*status_of)(const soci::soci_error&);
  // Whether a statement that failed cannot be given up before its transaction ends.
  bool failure_spoils_transaction = false;
  // Whether a statement has a way to go.
  bool is_remote = false;
  // The condition that column $0 is one of the JSON list of texts in argument $1.
  const char* is_among = "";
};

// One connection to a database and the statements prepared on it. SOCI's
// exceptions stop here. For drivers, which alone include SOCI; not thread-safe.
class Connection {
 public:
  Connection(std::unique_ptr<soci::session> session, Dialect dialect)
      : session_(std::move(session)), dialect_(dialect) {}

  // See Session; here no error outlasts its call.
  absl::StatusOr<int64_t> Execute(std::string_view sql, std::span<const Value> arguments = {});
  absl::Status Select(std::string_view sql, std::span<const Value> arguments,
                      std::span<const ValueKind> columns,
                      absl::FunctionRef<absl::Status(std::span<const Cell>)> reader);

  soci::session& session() { return *session_; }
  const Dialect& dialect() const { return dialect_; }
  // Gives up the statements that failed: to be called once their transaction is over.
  void ForgetFailed() { failed_.clear(); }
  // Before the session connects again, which statements do not outlive.
  void ForgetAll();

 private:
  Statement& Prepare(std::string_view sql, std::span<const Value> arguments,
                     std::span<const ValueKind> columns);
  void Forget(std::string_view sql);
  absl::Status Failed(std::string_view sql, const soci::soci_error& error);

  const std::unique_ptr<soci::session> session_;
  const Dialect dialect_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_;
  std::vector<std::unique_ptr<Statement>> failed_;
};

}  // namespace portico::storage
