// The baseline of an import: the rows that it made, inserted again by plain sqlite3.
#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/base/status_macros.h"
#include "tests/bench/command.h"

namespace portico::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Values = std::vector<std::unique_ptr<sqlite3_value, void (*)(sqlite3_value*)>>;

struct Flags {
  std::string from, table, folder;
  int batch = 500;
};

class Plain {
 public:
  explicit Plain(const std::string& path, int flags) {
    sqlite3_open_v2(path.c_str(), &database_, flags, nullptr);
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  ~Plain() { sqlite3_close_v2(database_); }

  absl::Status Run(const std::string& sql) const {
    const int result = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    return result == SQLITE_OK ? absl::OkStatus() : Error(sql);
  }

  using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;
  absl::StatusOr<Statement> Prepare(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      return Error(sql);
    }
    return Statement(statement, sqlite3_finalize);
  }

  absl::StatusOr<std::vector<std::string>> Texts(const std::string& sql) const {
    ASSIGN_OR_RETURN(const Statement select, Prepare(sql));
    std::vector<std::string> texts;
    while (sqlite3_step(select.get()) == SQLITE_ROW) {
      texts.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(select.get(), 0)));
    }
    return texts;
  }

  absl::Status Error(const std::string& what) const {
    return absl::InternalError(absl::StrCat(what, ": ", sqlite3_errmsg(database_)));
  }

 private:
  sqlite3* database_ = nullptr;
};

// Reads some rows at a time, so many that reading them stays out of the time taken.
class Rows {
 public:
  explicit Rows(Plain::Statement select) : select_(std::move(select)) {}

  // Empty at the end.
  std::vector<Values> Next() {
    constexpr size_t kMost = 20'000;
    std::vector<Values> rows;
    while (!ended_ && rows.size() < kMost) {
      ended_ = sqlite3_step(select_.get()) != SQLITE_ROW;
      if (ended_) break;
      Values& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(select_.get()); ++i) {
        row.emplace_back(sqlite3_value_dup(sqlite3_column_value(select_.get(), i)),
                         sqlite3_value_free);
      }
    }
    return rows;
  }

 private:
  const Plain::Statement select_;
  bool ended_ = false;
};

absl::StatusOr<nlohmann::json> RunRawInsert(const Flags& flags) {
  const Plain source(flags.from, SQLITE_OPEN_READONLY);
  const std::string path = flags.folder + "/raw.tmp";
  const absl::Cleanup remove = [&] {
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
  };
  const Plain target(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // The services' settings.
  for (const char* pragma : {"journal_mode = wal", "synchronous = full", "cache_size = -16000",
                             "wal_autocheckpoint = 4000", "journal_size_limit = 67108864"}) {
    RETURN_IF_ERROR(target.Run(absl::StrCat("pragma ", pragma)));
  }
  ASSIGN_OR_RETURN(
      const auto schema,
      source.Texts(absl::StrCat("select sql from sqlite_master where tbl_name = '", flags.table,
                                "' and type in ('table', 'index') "
                                "and sql is not null order by rowid")));
  for (const std::string& sql : schema) RETURN_IF_ERROR(target.Run(sql));
  ASSIGN_OR_RETURN(const auto columns,
                   source.Texts(absl::StrCat("select name from pragma_table_xinfo('", flags.table,
                                             "') where hidden = 0 order by cid")));
  const std::string names = absl::StrJoin(columns, ", ");
  ASSIGN_OR_RETURN(auto select, source.Prepare(absl::StrCat("select ", names, " from ", flags.table,
                                                            " order by rowid")));
  Rows source_rows(std::move(select));
  ASSIGN_OR_RETURN(const auto insert,
                   target.Prepare(absl::StrCat(
                       "insert into ", flags.table, " (", names, ") values (",
                       absl::StrJoin(std::vector<std::string>(columns.size(), "?"), ", "), ")")));
  int64_t count = 0;
  SteadyClock::duration took{};
  for (auto rows = source_rows.Next(); !rows.empty(); rows = source_rows.Next()) {
    const auto begin = SteadyClock::now();
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i % flags.batch == 0) RETURN_IF_ERROR(target.Run("begin immediate"));
      for (size_t j = 0; j < columns.size(); ++j) {
        sqlite3_bind_value(insert.get(), static_cast<int>(j) + 1, rows[i][j].get());
      }
      if (sqlite3_step(insert.get()) != SQLITE_DONE) return target.Error("insert");
      sqlite3_reset(insert.get());
      if (i % flags.batch + 1 == static_cast<size_t>(flags.batch) || i + 1 == rows.size()) {
        RETURN_IF_ERROR(target.Run("commit"));
      }
    }
    took += SteadyClock::now() - begin;
    count += static_cast<int64_t>(rows.size());
  }
  if (count == 0) return absl::InternalError(absl::StrCat("nothing in ", flags.table));
  const double seconds = std::chrono::duration<double>(took).count();
  return nlohmann::json{{"rows", count}, {"seconds", seconds}, {"rate", count / seconds}};
}

}  // namespace

void DeclareRawInsert(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "raw-insert", "A table of a service, row by row into an equal one, by sqlite3.");
  command->add_option("FROM", flags->from, "The service's database.")->required();
  command->add_option("TABLE", flags->table, "Which table of it.")->required();
  command->add_option("FOLDER", flags->folder, "On the disk to measure.")->required();
  command->add_option("--batch", flags->batch, "Rows a commit.")->check(CLI::PositiveNumber);
  command->callback([flags, &chosen] { chosen = [flags] { return RunRawInsert(*flags); }; });
}

}  // namespace portico::bench
