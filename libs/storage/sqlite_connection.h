#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <memory>
#include <string>

#include "libs/storage/connection.h"

namespace portico::storage {

enum class SqliteAccess { kRead, kReadWrite };

// Connects to the file `path`, which only a writer makes. `wait` is the longest
// wait for another process's lock.
absl::StatusOr<std::unique_ptr<Connection>> ConnectSqlite(const std::string& path,
                                                          SqliteAccess access,
                                                          absl::Duration wait);

// Whether a transaction stands. SQLite ends one by itself after some errors,
// such as a full disk, and runs what follows outside any.
bool InTransaction(Connection& connection);

}  // namespace portico::storage
