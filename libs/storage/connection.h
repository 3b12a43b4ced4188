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

#include "libs/storage/statement.h"
#include "libs/storage/value.h"

namespace portico::storage {

// One connection to a database and the statements prepared on it. SOCI's
// exceptions stop here. For drivers, which alone include SOCI; not thread-safe.
class Connection {
 public:
  // Which status an error of this kind of database is.
  using ErrorMap = absl::Status (*)(const soci::soci_error&);

  Connection(std::unique_ptr<soci::session> session, ErrorMap error_map)
      : session_(std::move(session)), error_map_(error_map) {}

  // See Session; here no error outlasts its call.
  absl::StatusOr<int64_t> Execute(std::string_view sql, std::span<const Value> arguments = {});
  absl::Status Select(std::string_view sql, std::span<const Value> arguments,
                      std::span<const ValueKind> columns,
                      absl::FunctionRef<absl::Status(std::span<const Cell>)> reader);

  soci::session& session() { return *session_; }

 private:
  Statement& Prepare(std::string_view sql, std::span<const Value> arguments,
                     std::span<const ValueKind> columns);
  void Forget(std::string_view sql);
  absl::Status Failed(std::string_view sql, const soci::soci_error& error);

  const std::unique_ptr<soci::session> session_;
  const ErrorMap error_map_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_;
};

}  // namespace portico::storage
