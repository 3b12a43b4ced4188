#include "libs/storage/sqlite_database.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/connection_pool.h"
#include "libs/storage/group_commit.h"
#include "libs/storage/outage.h"
#include "libs/storage/sqlite_connection.h"

namespace portico::storage {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<Connection> writer,
                 std::vector<std::unique_ptr<Connection>> readers, const DatabaseOptions& options)
      : readers_(std::move(readers), options.wait),
        writes_(std::move(writer), options.max_waiting_writes, options.wait) {}

  WriteStats stats() const override { return writes_.stats(); }
  Engine engine() const override { return Engine::kSqlite; }
  std::unique_ptr<Listener> Listen(const std::string&, std::function<void()>) override {
    return nullptr;
  }

 private:
  absl::Status RunRead(Erased work) override {
    ASSIGN_OR_RETURN(const ConnectionPool::Lease lease, readers_.Take());
    absl::Status status = ReadOn(*lease, work);
    read_outage_.Note(status);
    return status;
  }

  absl::Status RunReadOne(Erased work) override {
    ASSIGN_OR_RETURN(const ConnectionPool::Lease lease, readers_.Take());
    absl::Status status = Session(*lease, Session::OneSelect()).Run(work);
    read_outage_.Note(status);
    return status;
  }

  absl::Status RunWrite(Erased work) override { return writes_.Run(work); }
  absl::Status RunWriteUnderLocks(Erased work) override { return writes_.Run(work); }
  void Submit(std::function<absl::Status(Session&)> work,
              std::function<void(absl::Status)> done) override {
    writes_.Submit(std::move(work), std::move(done));
  }

  static absl::Status ReadOn(Connection& connection, Erased work) {
    RETURN_IF_ERROR(connection.Execute("begin").status());
    absl::Status status = Session(connection).Run(work);
    if (InTransaction(connection)) status.Update(connection.Execute("rollback").status());
    return status;
  }

  ConnectionPool readers_;
  Outage read_outage_{"reads"};
  GroupCommit writes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path,
                                                     const DatabaseOptions& options) {
  // A connection in memory would see only its own data; SOCI quotes the path.
  if (path == ":memory:" || path.find('"') != std::string::npos) {
    return absl::InvalidArgumentError("database URL: got no path of a file, want sqlite:PATH");
  }
  std::error_code ignored;  // Connecting tells better what is wrong.
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  // The writer comes first: it makes the file and sets its journal.
  ASSIGN_OR_RETURN(auto writer, ConnectSqlite(path, SqliteAccess::kReadWrite, options.wait));
  std::vector<std::unique_ptr<Connection>> readers;
  for (int i = 0; i < options.readers; ++i) {
    ASSIGN_OR_RETURN(auto reader, ConnectSqlite(path, SqliteAccess::kRead, options.wait));
    readers.push_back(std::move(reader));
  }
  return std::make_unique<SqliteDatabase>(std::move(writer), std::move(readers), options);
}

}  // namespace portico::storage
