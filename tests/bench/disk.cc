// What the disk itself can do: the baseline of everything durable.
#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/command.h"

namespace portico::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string folder;
  int count = 1000;
};

double MillisecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// Writes a page and syncs it, as a commit to a write-ahead log does: over pages that the file
// has already, since SQLite begins its log anew rather than letting it grow.
absl::StatusOr<std::vector<double>> Syncs(const Flags& flags) {
  const std::string path = flags.folder + "/sync.tmp";
  const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return absl::ErrnoToStatus(errno, path);
  const std::string page(4096, 'p');
  for (int i = 0; i < flags.count; ++i) {
    if (write(file, page.data(), page.size()) < 0) return absl::ErrnoToStatus(errno, path);
  }
  if (fsync(file) != 0) return absl::ErrnoToStatus(errno, path);
  std::vector<double> milliseconds;
  for (int i = 0; i < flags.count; ++i) {
    const auto at = static_cast<off_t>(page.size()) * i;
    const auto start = SteadyClock::now();
    if (pwrite(file, page.data(), page.size(), at) < 0 || fdatasync(file) != 0) {
      return absl::ErrnoToStatus(errno, path);
    }
    milliseconds.push_back(MillisecondsSince(start));
  }
  close(file);
  std::remove(path.c_str());
  std::ranges::sort(milliseconds);
  return milliseconds;
}

// Rows a second, each in a commit of its own, by plain sqlite3 with the services' settings.
absl::StatusOr<double> SingleCommits(const Flags& flags) {
  const std::string path = flags.folder + "/single.tmp";
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  const auto run = [&](const std::string& sql) {
    return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  };
  bool good = run("pragma journal_mode = wal") && run("pragma synchronous = full") &&
              run("create table row (id text primary key, email text) without rowid");
  sqlite3_stmt* insert = nullptr;
  good = good && sqlite3_prepare_v2(database, "insert into row values (?, ?)", -1, &insert,
                                    nullptr) == SQLITE_OK;
  const auto start = SteadyClock::now();
  for (int i = 0; good && i < flags.count; ++i) {
    const std::string id = absl::StrCat("con_", i);
    sqlite3_bind_text(insert, 1, id.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(insert, 2, "john@example.com", -1, SQLITE_STATIC);
    good = sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
  }
  const double seconds = MillisecondsSince(start) / 1000;
  const std::string error = sqlite3_errmsg(database);
  sqlite3_finalize(insert);
  sqlite3_close(database);
  for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
  if (!good) return absl::InternalError(absl::StrCat(path, ": ", error));
  return flags.count / seconds;
}

absl::StatusOr<nlohmann::json> RunDisk(const Flags& flags) {
  const auto syncs = Syncs(flags);
  if (!syncs.ok()) return syncs.status();
  const auto commits = SingleCommits(flags);
  if (!commits.ok()) return commits.status();
  const auto at = [&](double quantile) {
    return (*syncs)[static_cast<size_t>(quantile * static_cast<double>(syncs->size() - 1))];
  };
  return nlohmann::json{{"fdatasync_p50_ms", at(0.5)},
                        {"fdatasync_p99_ms", at(0.99)},
                        {"single_commits_rate", *commits}};
}

}  // namespace

void DeclareDisk(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand("disk", "fdatasync, and one row a commit by sqlite3.");
  command->add_option("FOLDER", flags->folder, "On the disk to measure.")->required();
  command->add_option("--count", flags->count, "Syncs and commits.");
  command->callback([flags, &chosen] { chosen = [flags] { return RunDisk(*flags); }; });
}

}  // namespace portico::bench
