// What only PostgreSQL can meet. Nothing runs where there is no server.
#include <absl/synchronization/notification.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/database_clock.h"
#include "libs/storage/presence.h"
#include "libs/storage/work_share.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/temp_postgres.h"
#include "migrations/storage.h"

namespace portico::storage {
namespace {

constexpr Migration kSchema[] = {
    {"test", "0001", "create table counter (id text primary key, value bigint not null)"}};

absl::StatusOr<std::unique_ptr<Database>> OpenTest(const std::string& url,
                                                   absl::Duration wait = absl::Seconds(10)) {
  return Open({.url = url, .wait = wait}, {kSchema});
}

absl::Status Add(Session& session, std::string_view id, int64_t more) {
  auto row = session.SelectOne<int64_t>("select value from counter where id = :id", id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return session.Execute("insert into counter (id, value) values (:id, :value)", id, more)
        .status();
  }
  return session
      .Execute("update counter set value = :value where id = :id", std::get<0>(**row) + more, id)
      .status();
}

int64_t Total(Database& database) {
  const auto row = database.Read([](Session& session) {
    return session.SelectOne<int64_t>("select coalesce(sum(value), 0) from counter");
  });
  return std::get<0>(row.value().value());
}

}  // namespace

TEST_CASE("Processes go by the server's clock, whatever their own says", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  const testing::FakeClock own(absl::FromCivil(absl::CivilDay(2001, 1, 1), absl::UTCTimeZone()));
  testing::FakeClock steady(absl::UnixEpoch());
  DatabaseClock clock(*database, own, steady);
  const auto off = [&] { return absl::AbsDuration(clock.Now() - SystemClock().Now()); };
  REQUIRE(clock.Look().ok());
  CHECK(off() < absl::Minutes(1));  // The server's machine is ours.
  steady.Advance(absl::Hours(2));
  CHECK(absl::AbsDuration(off() - absl::Hours(2)) < absl::Minutes(1));
  REQUIRE(clock.Look().ok());
  CHECK(off() < absl::Minutes(1));
}

TEST_CASE("Writes that meet work as if each were alone", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        if (!database->Write([](Session& session) { return Add(session, "a", 1); }).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(Total(*database) == kThreads * kEach);
  CHECK(database->stats().commits == kThreads * kEach + 2);  // The migrations' too.
}

TEST_CASE("Two writes that each look first and then write another row do not both go by",
          "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  std::atomic<int> looked = 0;
  // Both have looked before either writes, the first time that they run.
  const auto claim = [&](std::string_view id) {
    bool first = true;
    return database->Write([&, id](Session& session) -> absl::Status {
      auto taken = session.SelectOne<int64_t>("select count(*) from counter");
      if (!taken.ok()) return taken.status();
      if (std::exchange(first, false)) {
        ++looked;
        while (looked < 2) std::this_thread::yield();
      }
      if (std::get<0>(**taken) > 0) return absl::FailedPreconditionError("taken");
      return Add(session, id, 1);
    });
  };
  absl::Status one, two;
  std::thread thread([&] { one = claim("one"); });
  two = claim("two");
  thread.join();
  CHECK(one.ok() != two.ok());
  CHECK(Total(*database) == 1);
  CHECK(database->stats().retries > 0);
}

TEST_CASE("Connections that the server ended are made again", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(database->Write([](Session& session) { return Add(session, "a", 1); }).ok());
    server.Disconnect();
    CHECK(Total(*database) == i + 1);
  }
}

TEST_CASE("A read of one select survives the loss of its connection", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  const auto select = [](Session& session) { return session.SelectOne<int64_t>("select 1"); };
  for (int i = 0; i < 3; ++i) {
    server.Disconnect();
    CHECK(database->ReadOne(select).ok());
  }
}

TEST_CASE("A write whose connection ends before its commit leaves nothing, and the next works",
          "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  const absl::Status status = database->Write([&](Session& session) {
    CHECK(Add(session, "a", 1).ok());
    server.Disconnect();
    return Add(session, "b", 1);
  });
  CHECK(absl::IsUnavailable(status));
  CHECK(Total(*database) == 0);
  CHECK(database->Write([](Session& session) { return Add(session, "a", 1); }).ok());
}

TEST_CASE("A lock is waited for only so long", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url(), absl::Milliseconds(100)).value();
  REQUIRE(database->Write([](Session& session) { return Add(session, "a", 1); }).ok());
  const absl::Status outer = database->Write([&](Session& session) {
    const absl::Status mine = Add(session, "a", 1);
    absl::Status other;
    std::thread([&] {
      other = database->Write([](Session& inner) { return Add(inner, "a", 1); });
    }).join();
    CHECK(absl::IsUnavailable(other));
    return mine;
  });
  CHECK(outer.ok());
  CHECK(Total(*database) == 2);
}

TEST_CASE("Processes share the parts of a work, and take over from one that ends", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = Open({.url = server.url()}, {migrations::storage()}).value();
  const auto count = [](const absl::StatusOr<std::vector<bool>>& held) {
    return std::count(held->begin(), held->end(), true);
  };
  WorkShare first(*database, "work", 8, absl::Minutes(1));
  WorkShare second(*database, "work", 8, absl::Minutes(1));
  WorkShare other(*database, "other work", 8, absl::Minutes(1));
  CHECK(count(first.Hold()) == 8);
  CHECK(count(first.Hold()) == 8);
  CHECK(count(second.Hold()) == 0);  // None is free until the first one lets it go.
  const std::vector<bool> of_first = first.Hold().value();
  const std::vector<bool> of_second = second.Hold().value();
  CHECK(count(of_first) == 4);
  for (size_t part = 0; part < 8; ++part) CHECK(of_first[part] != of_second[part]);
  CHECK(count(other.Hold()) == 8);
  REQUIRE(first.GiveBack().ok());
  CHECK(count(second.Hold()) == 8);

  WorkShare died(*database, "short work", 1, absl::ZeroDuration());
  WorkShare late(*database, "short work", 1, absl::Minutes(1));
  CHECK(count(died.Hold()) == 1);
  CHECK(count(late.Hold()) == 1);
}

TEST_CASE("Processes that start together migrate once", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { opened += OpenTest(server.url()).ok(); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(opened == 4);
}

TEST_CASE("Whoever starts during a long migration waits for its end", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  constexpr Migration kLong[] = {{"test", "0001", "select pg_sleep(1)"}};
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      opened += Open({.url = server.url(), .wait = absl::Milliseconds(100)}, {kLong}).ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(opened == 2);
}

TEST_CASE("A migration can be another one on PostgreSQL", "[postgres]") {
  if (!testing::HasPostgres()) return;
  constexpr Migration kOwn[] = {{"test", "0001", "create table a (id text primary key)",
                                 "create table b (id bigint generated always as identity)"}};
  testing::TempPostgres server;
  const auto database = Open({.url = server.url()}, {kOwn}).value();
  CHECK(
      database
          ->Write([](Session& session) { return session.Execute("insert into b default values"); })
          .ok());
}

TEST_CASE("A URL that is none and a server that is not there are told without the password",
          "[postgres]") {
  const absl::Status bad = OpenTest("postgresql://me:hunter2@host/db?nothing=1").status();
  CHECK(absl::IsInvalidArgument(bad));
  CHECK_THAT(std::string(bad.message()), !Catch::Contains("hunter2"));
  const absl::Status away = OpenTest("postgresql://me:hunter2@/db?host=/nowhere").status();
  CHECK(absl::IsUnavailable(away));
  CHECK_THAT(std::string(away.message()), !Catch::Contains("hunter2"));
}

TEST_CASE("A writer that stops amid a transaction is not waited for in vain", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = OpenTest(server.url()).value();
  absl::Notification stopped, goes_on;
  absl::Status late;
  std::thread stopping([&] {
    late = database->WriteUnderLocks([&](Session& session) -> absl::Status {
      auto status = Add(session, "a", 1);
      if (!stopped.HasBeenNotified()) stopped.Notify();
      goes_on.WaitForNotification();
      return status;
    });
  });
  stopped.WaitForNotification();
  CHECK(database->WriteUnderLocks([](Session& session) { return Add(session, "a", 2); }).ok());
  goes_on.Notify();
  stopping.join();
  CHECK(absl::IsUnavailable(late));
  CHECK(Total(*database) == 2);
}

TEST_CASE("The dead are told from those that could not announce themselves either", "[postgres]") {
  if (!testing::HasPostgres()) return;
  testing::TempPostgres server;
  const auto database = Open({.url = server.url()}, {migrations::storage()}).value();
  constexpr absl::Duration kLength = absl::Milliseconds(500);
  Presence ours(*database, "work", "ours", kLength);
  Presence other(*database, "work", "other", kLength);
  std::vector<std::string> buried;
  const auto bury = [&](Session&, const std::string& process) {
    buried.push_back(process);
    return absl::OkStatus();
  };
  REQUIRE(ours.Announce(bury).ok());
  REQUIRE(other.Announce(bury).ok());
  while (ours.IsPresent() || other.IsPresent()) std::this_thread::yield();
  REQUIRE(ours.Announce(bury).ok());
  CHECK(buried.empty());  // Nobody was there, perhaps for want of the database.
  const absl::Time deadline = SteadyClock().Now() + absl::Seconds(30);
  while (buried.empty() && SteadyClock().Now() < deadline) REQUIRE(ours.Announce(bury).ok());
  CHECK(buried == std::vector<std::string>{"other"});
}

}  // namespace portico::storage
