#include "libs/storage/sqlite_connection.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace portico::storage {
namespace {

sqlite_api::sqlite3* Handle(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

absl::Status StatusOf(const soci::soci_error& error) {
  const std::string message = error.get_error_message();
  const auto* sqlite_error = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  if (sqlite_error == nullptr) return absl::InternalError(message);
  const int code = sqlite_error->result();
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY
                 ? absl::AlreadyExistsError(message)
                 : absl::FailedPreconditionError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return absl::UnavailableError(message);
    default:
      return absl::InternalError(message);
  }
}

// A connection is one thread's at a time, so that SQLite need not lock it, and
// nobody reads the counts of its memory, which all threads would wait for.
void LeaveLocksToCallers() {
  static const bool done = [] {
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return true;
  }();
  (void)done;
}

// For this SQLite does not wait its busy_timeout while another process opens the new file.
std::string JournalInWal(soci::session& session, absl::Duration wait) {
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(wait);
  while (true) {
    try {
      std::string journal;
      session << "pragma journal_mode = wal", soci::into(journal);
      return journal;
    } catch (const soci::sqlite3_soci_error& error) {
      const bool busy = (error.result() & 0xff) == SQLITE_BUSY;
      if (!busy || std::chrono::steady_clock::now() >= end) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
}

// Every setting of a connection is its own, so each one gets them all.
void Configure(soci::session& session, SqliteAccess access, absl::Duration wait) {
  // The extended codes tell a unique key from the other constraints.
  sqlite_api::sqlite3_extended_result_codes(Handle(session), 1);
  session << "pragma busy_timeout = " << absl::ToInt64Milliseconds(wait);
  session << "pragma foreign_keys = on";
  session << "pragma cache_size = -16000";  // 16 MB.
  if (access == SqliteAccess::kRead) {
    session << "pragma query_only = on";
    return;
  }
  if (JournalInWal(session, wait) != "wal") {
    throw soci::soci_error("the file system does not allow WAL");
  }
  session << "pragma synchronous = full";
  // A checkpoint syncs twice more, so it is done for every 16 MB; the log file
  // shrinks again after a long reader has kept it from being reused.
  session << "pragma wal_autocheckpoint = 4000";
  session << "pragma journal_size_limit = 67108864";
}

// It holds addresses and hashes of passwords: a new file is its owner's only, and
// SQLite gives its journals the same mode.
void MakePrivate(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file >= 0) ::close(file);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> ConnectSqlite(const std::string& path,
                                                          SqliteAccess access,
                                                          absl::Duration wait) {
  LeaveLocksToCallers();
  MakePrivate(path);
  try {
    auto session =
        std::make_unique<soci::session>(soci::sqlite3, absl::StrCat("db=\"", path, "\""));
    Configure(*session, access, wait);
    return std::make_unique<Connection>(std::move(session), Dialect{.status_of = &StatusOf,
                .is_among = "$0 in (select value from json_each($1))"});
  } catch (const soci::soci_error& error) {
    return absl::UnavailableError(
        absl::StrCat("database ", path, ": ", error.get_error_message()));
  }
}

bool InTransaction(Connection& connection) {
  return sqlite_api::sqlite3_get_autocommit(Handle(connection.session())) == 0;
}

}  // namespace portico::storage
