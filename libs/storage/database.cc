#include "libs/storage/database.h"

#include "libs/base/status_macros.h"
#include "libs/storage/migrate.h"
#include "libs/storage/postgres_database.h"
#include "libs/storage/sqlite_database.h"

namespace portico::storage {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

absl::StatusOr<std::unique_ptr<Database>> Connect(const DatabaseOptions& options) {
  const std::string& url = options.url;
  if (url.starts_with("postgresql:") || url.starts_with("postgres:")) {
    return OpenPostgres(url, options);
  }
  // The URL itself stays out of the message: it may hold a password.
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size()) {
    return absl::InvalidArgumentError("database URL: want sqlite:PATH or postgresql://…");
  }
  return OpenSqlite(url.substr(kSqlite.size()), options);
}

}  // namespace

DatabaseOptions OptionsFrom(const settings::DatabaseSettings& settings) {
  DatabaseOptions options{.url = settings.url.Reveal()};
  options.writers = static_cast<int>(settings.connections) - options.readers;
  return options;
}

absl::Status Database::Ping() {
  return Read([](Session& session) {
    return session.SelectOne<int64_t>("select count(*) from schema_migration").status();
  });
}

absl::StatusOr<std::unique_ptr<Database>> Open(
    const DatabaseOptions& options, const std::vector<std::span<const Migration>>& components) {
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Connect(options));
  RETURN_IF_ERROR(Migrate(*database, components));
  return database;
}

}  // namespace portico::storage
