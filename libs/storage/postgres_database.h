#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "libs/storage/database.h"

namespace portico::storage {

// Reads and writes on a pool of connections to the server. A write is serializable: like
// SQLite's one writer it works as if it were alone, and runs again when it was not.
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& url,
                                                       const DatabaseOptions& options);

}  // namespace portico::storage
