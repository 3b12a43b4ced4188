#pragma once

#include <absl/status/status.h>

#include <span>
#include <vector>

#include "libs/storage/database.h"
#include "libs/storage/migration.h"

namespace portico::storage {

// Applies what the database lacks and notes it in schema_migration. Several
// processes may do so at once: each step takes effect once.
absl::Status Migrate(Database& database,
                     const std::vector<std::span<const Migration>>& components);

}  // namespace portico::storage
