#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/database.h"
#include "libs/storage/migration.h"

namespace portico::testing {

class TempPostgres;

// The kinds of database on which every contract test runs: "sqlite", and "postgres" where
// PORTICO_TEST_POSTGRES names a server.
std::vector<std::string> DatabaseKinds();

// A new database with the components' migrations applied; it is deleted with
// this object. Throws std::runtime_error when it cannot be opened.
class TempDatabase {
 public:
  using Components = std::vector<std::span<const storage::Migration>>;

  // `options` counts but for its URL.
  explicit TempDatabase(Components components, std::string_view kind = "sqlite",
                        storage::DatabaseOptions options = {});
  ~TempDatabase();
  TempDatabase(const TempDatabase&) = delete;
  TempDatabase& operator=(const TempDatabase&) = delete;

  storage::Database& operator*() const { return *database_; }
  storage::Database* operator->() const { return database_.get(); }
  const storage::DatabaseOptions& options() const { return options_; }
  bool is_sqlite() const { return postgres_ == nullptr; }

  // All that it holds, to look for what it must not: the bytes of its files, or every row.
  std::string Contents() const;

  // Closes the database, as the end of the process does, until it is reopened.
  // References to the Database end here.
  void Close() { database_.reset(); }

  // Closes the database and opens it again, as a restart does.
  void Reopen();
  void Reopen(Components components);

 private:
  std::filesystem::path folder_;
  std::unique_ptr<TempPostgres> postgres_;
  Components components_;
  storage::DatabaseOptions options_;
  std::unique_ptr<storage::Database> database_;
};

}  // namespace portico::testing
