#include "libs/storage/database.h"

#include "libs/base/status_macros.h"
#include "libs/storage/migrate.h"
#include "libs/storage/sqlite_database.h"

namespace portico::storage {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

absl::Status Database::Ping() {
  return Read([](Session& session) {
    return session.SelectOne<int64_t>("select count(*) from schema_migration").status();
  });
}

absl::StatusOr<std::unique_ptr<Database>> Open(
    const DatabaseOptions& options, const std::vector<std::span<const Migration>>& components) {
  // The URL itself stays out of the message: it may hold a password.
  if (!options.url.starts_with(kSqlite) || options.url.size() == kSqlite.size()) {
    return absl::InvalidArgumentError("database URL: want sqlite:PATH");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                   OpenSqlite(options.url.substr(kSqlite.size()), options));
  RETURN_IF_ERROR(Migrate(*database, components));
  return database;
}

}  // namespace portico::storage
