#include <absl/synchronization/notification.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "libs/storage/database.h"
#include "libs/testing/temp_database.h"

namespace portico::storage {
namespace {

constexpr Migration kSchema[] = {
    {"test", "0001", "create table thing (id text primary key, note text)"}};

absl::Status Insert(Session& session, std::string_view id, std::string_view note = "") {
  return session.Execute("insert into thing (id, note) values (:id, :note)", id, note).status();
}

absl::Status Insert(Database& database, std::string_view id, std::string_view note = "") {
  return database.Write([&](Session& session) { return Insert(session, id, note); });
}

int64_t Count(Database& database) {
  const auto row = database.Read(
      [](Session& session) { return session.SelectOne<int64_t>("select count(*) from thing"); });
  return std::get<0>(row.value().value());
}

// Keeps the writer at work until it is opened, so that writes gather behind it.
class Gate {
 public:
  explicit Gate(Database& database)
      : database_(database), thread_([this] {
          (void)database_.Write([this](Session&) {
            if (!entered_.HasBeenNotified()) entered_.Notify();  // It may run again.
            open_.WaitForNotification();
            return absl::OkStatus();
          });
        }) {
    entered_.WaitForNotification();
  }
  ~Gate() { Open(); }

  // Runs each work on a thread of its own, and returns when all wait in line.
  void Gather(std::vector<std::function<void()>> works) {
    for (auto& work : works) {
      const size_t waiting = database_.stats().waiting;
      gathered_.emplace_back(std::move(work));
      while (database_.stats().waiting == waiting) std::this_thread::yield();
    }
  }

  // Lets everyone on and returns when all are answered.
  void Open() {
    if (!open_.HasBeenNotified()) open_.Notify();
    if (thread_.joinable()) thread_.join();
    for (std::thread& thread : gathered_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  Database& database_;
  absl::Notification entered_, open_;
  std::thread thread_;
  std::vector<std::thread> gathered_;
};

// The largest file that this process may write, for as long as it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

}  // namespace

TEST_CASE("Writes that wait together share a commit, and one that fails harms no other",
          "[storage]") {
  testing::TempDatabase database({kSchema});
  const WriteStats before = database->stats();
  std::vector<absl::Status> results(8);
  Gate gate(*database);
  std::vector<std::function<void()>> works;
  for (size_t i = 0; i < results.size(); ++i) {
    // Each third one takes an id that a sibling before it has taken.
    const std::string id = std::to_string(i % 3 == 2 ? i - 1 : i);
    works.push_back([&, i, id] { results[i] = Insert(*database, id); });
  }
  gate.Gather(works);
  gate.Open();
  for (size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].ok() == (i % 3 != 2));
    if (i % 3 == 2) CHECK(absl::IsAlreadyExists(results[i]));
  }
  CHECK(Count(*database) == 6);
  const WriteStats after = database->stats();
  CHECK(after.works - before.works == 7);  // The gate's too.
  CHECK(after.commits - before.commits <= 2);
  CHECK(after.retries == 0);
  CHECK(after.waiting == 0);
}

TEST_CASE("A work that fails takes back all that it wrote in the shared commit", "[storage]") {
  testing::TempDatabase database({kSchema});
  Gate gate(*database);
  absl::Status first, second, third;
  gate.Gather({[&] { first = Insert(*database, "a"); },
               [&] {
                 second = database->Write([](Session& session) -> absl::Status {
                   (void)Insert(session, "b");
                   (void)session.Execute("update thing set note = 'spoilt'");
                   return absl::AbortedError("changed its mind");
                 });
               },
               [&] { third = Insert(*database, "c"); }});
  gate.Open();
  CHECK(first.ok());
  CHECK(absl::IsAborted(second));
  CHECK(third.ok());
  const auto rows = database->Read([](Session& session) {
    return session.Select<std::string, std::string>("select id, note from thing order by id");
  });
  CHECK(rows.value() ==
        std::vector<std::tuple<std::string, std::string>>{{"a", ""}, {"c", ""}});
}

TEST_CASE("A full database refuses what does not fit, keeps the siblings, and recovers",
          "[storage]") {
  testing::TempDatabase database({kSchema});
  const auto limit_pages = [&](int pages) {
    REQUIRE(database
                ->Write([&](Session& session) {
                  return session.Execute("pragma max_page_count = " + std::to_string(pages))
                      .status();
                })
                .ok());
  };
  limit_pages(16);
  const std::string large(1'000'000, 'x');
  std::vector<absl::Status> results(5);
  int hooks = 0;
  Gate gate(*database);
  std::vector<std::function<void()>> works;
  for (size_t i = 0; i < results.size(); ++i) {
    works.push_back([&, i] {
      results[i] = database->Write([&](Session& session) {
        session.AfterCommit([&] { ++hooks; });
        return Insert(session, std::to_string(i), i == 2 ? large : "");
      });
    });
  }
  gate.Gather(works);
  gate.Open();
  for (size_t i = 0; i < results.size(); ++i) {
    if (i == 2) CHECK(absl::IsUnavailable(results[i]));
    else CHECK(results[i].ok());
  }
  CHECK(hooks == 4);
  CHECK(Count(*database) == 4);
  CHECK(database->stats().retries > 0);

  limit_pages(100'000);
  CHECK(Insert(*database, "large", large).ok());
  database.Reopen();
  CHECK(Count(*database) == 5);
}

TEST_CASE("A work that hides the loss of its transaction writes nothing outside one",
          "[storage]") {
  testing::TempDatabase database({kSchema});
  const absl::Status status = database->Write([](Session& session) {
    (void)session.Execute("pragma max_page_count = 16");
    (void)Insert(session, "a", std::string(1'000'000, 'x'));
    (void)Insert(session, "b");
    return absl::OkStatus();
  });
  CHECK(absl::IsUnavailable(status));
  CHECK(Count(*database) == 0);
}

TEST_CASE("A commit that cannot be written is acknowledged to nobody, and reads go on",
          "[storage]") {
  testing::TempDatabase database({kSchema});
  REQUIRE(Insert(*database, "before").ok());
  std::vector<absl::Status> results(4);
  bool hook_ran = false;
  Gate gate(*database);
  std::vector<std::function<void()>> works;
  for (size_t i = 0; i < results.size(); ++i) {
    works.push_back([&, i] {
      results[i] = database->Write([&](Session& session) {
        session.AfterCommit([&] { hook_ran = true; });
        return Insert(session, std::to_string(i));
      });
    });
  }
  gate.Gather(works);
  {
    const FileSizeLimit limit(1);
    gate.Open();
    CHECK(Count(*database) == 1);
  }
  for (const absl::Status& result : results) CHECK(absl::IsUnavailable(result));
  CHECK_FALSE(hook_ran);
  CHECK(Insert(*database, "after").ok());
  database.Reopen();
  CHECK(Count(*database) == 2);
}

TEST_CASE("Acknowledged writes survive the death of the process", "[storage]") {
  testing::TempDatabase database({kSchema});
  database.Close();  // Neither its thread nor its locks may cross the fork.
  int acknowledged[2];
  REQUIRE(pipe(acknowledged) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto own = Open(database.options(), {kSchema});
    for (int i = 0; own.ok(); ++i) {
      if (!Insert(**own, std::to_string(i)).ok() || write(acknowledged[1], "x", 1) != 1) _exit(1);
    }
    _exit(1);
  }
  close(acknowledged[1]);
  char byte;
  for (int i = 0; i < 50; ++i) REQUIRE(read(acknowledged[0], &byte, 1) == 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  int64_t told = 50;
  while (read(acknowledged[0], &byte, 1) == 1) ++told;
  close(acknowledged[0]);
  database.Reopen();
  CHECK(Count(*database) >= told);
  CHECK(Count(*database) <= told + 1);
}

TEST_CASE("A write that does not get its turn in time is refused and never runs", "[storage]") {
  DatabaseOptions options;
  options.wait = absl::Milliseconds(500);
  options.max_waiting_writes = 1;
  testing::TempDatabase database({kSchema}, "sqlite", options);
  Gate gate(*database);
  CHECK(absl::IsUnavailable(Insert(*database, "a")));
  // It stays in line until the writer gets to it.
  CHECK(database->stats().waiting == 1);
  CHECK(absl::IsResourceExhausted(Insert(*database, "b")));
  gate.Open();
  while (database->stats().waiting > 0) std::this_thread::yield();
  CHECK(Insert(*database, "c").ok());  // Behind it in line, so that it would have run by now.
  CHECK(Count(*database) == 1);
}

TEST_CASE("A write that nobody waits for is refused when its turn comes too late", "[storage]") {
  DatabaseOptions options;
  options.wait = absl::Milliseconds(50);
  testing::TempDatabase database({kSchema}, "sqlite", options);
  Gate gate(*database);
  absl::Notification told;
  absl::Status status;
  database->WriteThen([](Session& session) { return Insert(session, "a"); },
                      [&](absl::Status result) {
                        status = std::move(result);
                        told.Notify();
                      });
  CHECK(absl::IsUnavailable(Insert(*database, "b")));  // Waits as long, and began later.
  gate.Open();
  told.WaitForNotification();
  CHECK(absl::IsUnavailable(status));
  CHECK(Insert(*database, "c").ok());
  CHECK(Count(*database) == 1);
}

TEST_CASE("A database file is its owner's only", "[storage]") {
  portico::testing::TempDatabase database({kSchema});
  REQUIRE(Insert(*database, "a").ok());
  const std::string path = database.options().url.substr(std::string("sqlite:").size());
  for (const std::string& file : {path, path + "-wal", path + "-shm"}) {
    CHECK(std::filesystem::status(file).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
}

TEST_CASE("A line that is full refuses the next write at once", "[storage]") {
  DatabaseOptions options;
  options.max_waiting_writes = 2;
  testing::TempDatabase database({kSchema}, "sqlite", options);
  Gate gate(*database);
  gate.Gather({[&] { (void)Insert(*database, "a"); }, [&] { (void)Insert(*database, "b"); }});
  CHECK(absl::IsResourceExhausted(Insert(*database, "c")));
  absl::Status then;
  database->WriteThen([](Session&) { return absl::OkStatus(); },
                      [&](absl::Status status) { then = std::move(status); });
  CHECK(absl::IsResourceExhausted(then));
  gate.Open();
  CHECK(Count(*database) == 2);
  CHECK(Insert(*database, "c").ok());
}

TEST_CASE("A Read that finds no session in time is refused", "[storage]") {
  DatabaseOptions options;
  options.readers = 1;
  options.wait = absl::Milliseconds(500);
  testing::TempDatabase database({kSchema}, "sqlite", options);
  const absl::Status inner = database->Read([&](Session&) {
    return database->Read([](Session&) { return absl::OkStatus(); });
  });
  CHECK(absl::IsResourceExhausted(inner));
  CHECK(database->Read([](Session&) { return absl::OkStatus(); }).ok());
}

TEST_CASE("A Write inside a Write is refused rather than waiting for itself", "[storage]") {
  testing::TempDatabase database({kSchema});
  const absl::Status status =
      database->Write([&](Session&) { return Insert(*database, "inner"); });
  CHECK(absl::IsInternal(status));
  CHECK(Count(*database) == 0);
}

TEST_CASE("Writes that wait while the database is closed are answered", "[storage]") {
  testing::TempDatabase database({kSchema});
  auto own = Open(database.options(), {kSchema});
  REQUIRE(own.ok());
  std::vector<absl::Status> results(6);
  absl::Status then;
  std::thread closer;
  {
    Gate gate(**own);
    std::vector<std::function<void()>> works;
    for (size_t i = 0; i < results.size(); ++i) {
      works.push_back([&, i, &target = **own] { results[i] = Insert(target, std::to_string(i)); });
    }
    gate.Gather(works);
    (*own)->WriteThen([](Session& session) { return Insert(session, "then"); },
                      [&](absl::Status status) { then = std::move(status); });
    closer = std::thread([&] { own->reset(); });
  }
  closer.join();
  results.push_back(then);
  int64_t kept = 0;
  for (const absl::Status& result : results) {
    if (result.ok()) ++kept;
    else CHECK(absl::IsUnavailable(result));
  }
  CHECK(Count(*database) == kept);
}

TEST_CASE("A lock held by another process is waited for, then UNAVAILABLE", "[storage]") {
  DatabaseOptions options;
  options.wait = absl::Milliseconds(500);
  testing::TempDatabase database({kSchema}, "sqlite", options);
  auto other = Open(database.options(), {});
  REQUIRE(other.ok());
  {
    Gate lock(**other);
    CHECK(absl::IsUnavailable(Insert(*database, "a")));
  }
  CHECK(Insert(*database, "b").ok());
  CHECK(Count(*database) == 1);
}

TEST_CASE("Only URLs of files that can be opened are taken", "[storage]") {
  const auto open = [](std::string url) {
    DatabaseOptions options;
    options.url = std::move(url);
    return Open(options, {}).status();
  };
  CHECK(absl::IsInvalidArgument(open("")));
  CHECK(absl::IsInvalidArgument(open("sqlite:")));
  CHECK(absl::IsInvalidArgument(open("sqlite::memory:")));
  CHECK(absl::IsInvalidArgument(open("mysql://user:password@host/db")));
  CHECK(absl::IsUnavailable(open("sqlite:/proc/none/x.db")));
  testing::TempDatabase database({kSchema});
  const std::string folder = database.options().url + " with spaces = and more";
  CHECK(open(folder + "/a b/c.db").ok());
  CHECK(std::filesystem::exists(folder.substr(7) + "/a b/c.db"));
}

}  // namespace portico::storage
