#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "libs/storage/database.h"

namespace portico::storage {

// Opens the file `path`, and makes it and its folder when they are missing:
// reads on a pool of connections, writes by group commit on one more.
absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path,
                                                     const DatabaseOptions& options);

}  // namespace portico::storage
