#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <memory>
#include <string>

#include "libs/storage/connection.h"

namespace portico::storage {

struct PostgresSettings {
  std::string conninfo;      // Made by PostgresConninfo.
  absl::Duration lock_wait;  // The longest wait for another transaction's lock.
  absl::Duration statement;  // The longest that one statement runs.
};

// What libpq connects with: that of `url`, and limits for a server that does not answer
// where the URL sets none. INVALID_ARGUMENT: `url` is no postgresql:// URL.
absl::StatusOr<std::string> PostgresConninfo(const std::string& url);

absl::StatusOr<std::unique_ptr<Connection>> ConnectPostgres(const PostgresSettings& settings);

// Whether a transaction can begin: the server was there after the last statement, and none
// stands. When not, the connection is of no use until it is made again.
bool IsAtRest(Connection& connection);
absl::Status Reconnect(Connection& connection, const PostgresSettings& settings);

// Whether an error says that transactions met, and that the work would do well to run again.
bool IsCollision(const absl::Status& status);

}  // namespace portico::storage
