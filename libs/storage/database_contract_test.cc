// What every kind of database does alike.
#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "libs/storage/database.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"
#include "libs/storage/update_each.h"
#include "libs/testing/temp_database.h"

namespace portico::storage {
namespace {

constexpr Migration kSchema[] = {{"test", "0001", R"(
    create table thing (id text primary key, size bigint, ratio double precision, note text,
                        check (size is null or size > -5));
    create table part (id text primary key, thing_id text not null references thing (id));)"}};

absl::Status Insert(Session& session, std::string_view id, std::optional<int64_t> size = {}) {
  return session.Execute("insert into thing (id, size) values (:id, :size)", id, size).status();
}

struct Fixture {
  absl::Status Insert(std::string_view id, std::optional<int64_t> size = {}) {
    return database->Write([&](Session& session) { return storage::Insert(session, id, size); });
  }
  int64_t Count() {
    return std::get<0>(database
                           ->Read([](Session& session) {
                             return session.SelectOne<int64_t>("select count(*) from thing");
                           })
                           .value()
                           .value());
  }

  testing::TempDatabase database{{kSchema}, GENERATE(from_range(testing::DatabaseKinds()))};
};

}  // namespace

TEST_CASE("What was written is read at once and after a restart", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a").ok());
  CHECK(f.Count() == 1);
  f.database.Reopen();
  CHECK(f.Count() == 1);
  CHECK(f.database->Ping().ok());
}

TEST_CASE("A read of one select needs no transaction, and is no more than that", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a", 1).ok());
  const auto select = [](Session& session) {
    return session.SelectOne<int64_t>("select size from thing where id = :id", "a");
  };
  CHECK(std::get<0>(**f.database->ReadOne(select)) == 1);
  CHECK(absl::IsInternal(f.database
                             ->ReadOne([&](Session& session) {
                               (void)select(session);
                               return select(session);
                             })
                             .status()));
  CHECK(absl::IsInternal(
      f.database->ReadOne([&](Session& session) { return storage::Insert(session, "b"); })));
  CHECK(f.Count() == 1);
  // An error spoils nothing for the next.
  CHECK_FALSE(f.database
                  ->ReadOne([](Session& session) {
                    return session.SelectOne<int64_t>("select none from thing");
                  })
                  .ok());
  CHECK(f.database->ReadOne(select).ok());
}

TEST_CASE("Many rows are written at once, whatever they hold", "[storage]") {
  Fixture f;
  RowSet rows("thing", {"id", "size", "ratio", "note"});
  const std::string odd = "quote ' \" \\ :name, ä, 𝄞, line\nend";
  rows.Add("a", std::optional<int64_t>(1LL << 60), 0.1, odd);
  rows.Add("b", std::optional<int64_t>(), -2.5, "");
  rows.Add("c", std::optional<int64_t>(3), 0.0, "c");
  const auto insert = [&](const RowSet& set, std::string_view conflict) {
    return f.database->Write([&](Session& session) { return session.InsertRows(set, conflict); });
  };
  REQUIRE(insert(rows, "").ok());
  CHECK(absl::IsAlreadyExists(insert(rows, "")));
  RowSet again("thing", {"id", "size", "ratio", "note"});
  again.Add("c", std::optional<int64_t>(4), 1.5, "again");
  again.Add("d", std::optional<int64_t>(5), 1.5, "d");
  REQUIRE(insert(again, "on conflict (id) do update set size = excluded.size").ok());
  REQUIRE(insert(RowSet("thing", {"id"}), "").ok());  // None.
  const auto stored = f.database->Read([](Session& session) {
    return session.Select<std::string, std::optional<int64_t>, double, std::string>(
        "select id, size, ratio, note from thing order by id");
  });
  using Row = std::tuple<std::string, std::optional<int64_t>, double, std::string>;
  CHECK(*stored == std::vector<Row>{{"a", 1LL << 60, 0.1, odd},
                                    {"b", std::nullopt, -2.5, ""},
                                    {"c", 4, 0.0, "c"},
                                    {"d", 5, 1.5, "d"}});
  RowSet with_nul("thing", {"id"});
  with_nul.Add(std::string("n\0l", 3));
  CHECK(absl::IsInvalidArgument(insert(with_nul, "")));
}

TEST_CASE("Many rows are updated at once, each with values of its own", "[storage]") {
  Fixture f;
  const std::string odd = "quote ' \" \\ $1 :name, ä, {line}\nend";
  for (const char* id : {"a", "b", "c"}) REQUIRE(f.Insert(id).ok());
  const auto update = [&](const RowSet& rows) {
    return f.database->Write([&](Session& session) {
      return UpdateEach(session, rows,
                        "update thing set note = $0, ratio = $1, size = $2 $from "
                        "where id = $3 and id <> 'c'");
    });
  };
  RowSet rows("thing", {"note", "ratio", "size", "id"});
  rows.Add(odd, 0.5, std::optional<int64_t>(1LL << 60), "a");
  rows.Add("", -2.5, std::optional<int64_t>(), "b");
  rows.Add("c", 1.5, std::optional<int64_t>(3), "c");
  rows.Add("d", 1.5, std::optional<int64_t>(3), "d");  // There is none.
  const auto read = [&] {
    return *f.database->Read([](Session& session) {
      return session.Select<std::string, std::optional<int64_t>, std::optional<double>,
                            std::optional<std::string>>(
          "select id, size, ratio, note from thing order by id");
    });
  };
  const auto before = read();
  REQUIRE(update(rows).ok());
  REQUIRE(update(RowSet("thing", {"id"})).ok());  // None.
  const auto after = read();
  REQUIRE(after.size() == 3);
  CHECK(after[0] == std::tuple("a", 1LL << 60, 0.5, odd));
  CHECK(after[1] == std::tuple("b", std::nullopt, -2.5, ""));
  CHECK(after[2] == before[2]);
}

TEST_CASE("A list of ids is one argument, however long it is and whatever it holds", "[storage]") {
  Fixture f;
  const std::string odd = "quote ' \" \\ :name, ä, 𝄞, {line}\nend";
  for (const std::string& id : {std::string("a"), std::string("b"), odd}) REQUIRE(f.Insert(id).ok());
  const auto among = [&](const std::vector<std::string>& ids, std::string_view condition = "") {
    return f.database
        ->Read([&](Session& session) {
          return SelectAmong(session, "select id from thing", "id", ids, condition);
        })
        .value();
  };
  CHECK(among({}).empty());
  CHECK(among({"c", "d"}).empty());
  CHECK(among({"b", "b", "c", odd}) == std::set<std::string>{"b", odd});
  CHECK(among({"a", "b"}, "id <> 'a'") == std::set<std::string>{"b"});
  std::vector<std::string> many(3000, "a");
  for (size_t i = 0; i < many.size(); i += 2) many[i] = "z" + std::to_string(i);
  CHECK(among(many) == std::set<std::string>{"a"});
}

TEST_CASE("Pairs are looked for as pairs", "[storage]") {
  Fixture f;
  const std::string odd = "quote ' \" \\ :name, ä";
  RowSet rows("thing", {"id", "note"});
  rows.Add("a", "1");
  rows.Add("b", "2");
  rows.Add(odd, odd);
  REQUIRE(f.database->Write([&](Session& session) { return session.InsertRows(rows); }).ok());
  const auto among = [&](const std::vector<TextPair>& pairs) {
    std::set<std::string> found;
    const auto ids = f.database->Read([&](Session& session) {
      return session.Select<std::string>(
          "select id from thing where " + AreAmong(session, "thing.id", "note", ":pairs"),
          ListOf(pairs));
    });
    for (const auto& [id] : ids.value()) found.insert(id);
    return found;
  };
  CHECK(among({}).empty());
  CHECK(among({{"a", "2"}, {"b", "1"}}).empty());
  CHECK(among({{"a", "1"}, {"a", "1"}, {"b", "1"}, {odd, odd}}) == std::set<std::string>{"a", odd});
}

TEST_CASE("A work's result reaches its caller", "[storage]") {
  Fixture f;
  const absl::StatusOr<int64_t> changed = f.database->Write([](Session& session) {
    return session.Execute("insert into thing (id) values (:a), (:b)", "a", std::string("b"));
  });
  CHECK(changed.value() == 2);
  const absl::StatusOr<std::string> text =
      f.database->Read([](Session&) -> absl::StatusOr<std::string> { return std::string("text"); });
  CHECK(text.value() == "text");
}

TEST_CASE("A write that nobody waits for tells its result once it is kept", "[storage]") {
  Fixture f;
  absl::Notification told;
  absl::StatusOr<int64_t> changed;
  int64_t seen = 0;
  f.database->WriteThen(
      [id = std::string("a")](Session& session) {
        return session.Execute("insert into thing (id) values (:id)", id);
      },
      [&](absl::StatusOr<int64_t> result) {
        changed = std::move(result);
        seen = f.Count();
        told.Notify();
      });
  told.WaitForNotification();
  CHECK(changed.value() == 1);
  CHECK(seen == 1);

  absl::Notification refused;
  absl::Status status;
  f.database->WriteThen(
      [](Session& session) -> absl::Status {
        if (absl::Status inserted = Insert(session, "b"); !inserted.ok()) return inserted;
        return absl::NotFoundError("its account");
      },
      [&](absl::Status result) {
        status = std::move(result);
        refused.Notify();
      });
  refused.WaitForNotification();
  CHECK(absl::IsNotFound(status));
  CHECK(f.Count() == 1);
}

TEST_CASE("What a write owned is let go once it is answered, without another write", "[storage]") {
  Fixture f;
  auto owned = std::make_shared<int>();
  const std::weak_ptr<int> watched = owned;
  absl::Notification told;
  f.database->WriteThen([owned](Session&) { return absl::OkStatus(); },
                        [owned, &told](const absl::Status&) { told.Notify(); });
  owned.reset();
  told.WaitForNotification();
  while (!watched.expired()) std::this_thread::yield();
  CHECK(watched.expired());
}

TEST_CASE("Execute answers how many rows changed", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a").ok());
  REQUIRE(f.Insert("b").ok());
  const auto run = [&](std::string_view sql) {
    return f.database->Write([&](Session& session) { return session.Execute(sql); }).value();
  };
  CHECK(run("update thing set note = 'x'") == 2);
  CHECK(run("update thing set note = 'y' where id = 'c'") == 0);
  CHECK(run("insert into thing (id) values ('a') on conflict do nothing") == 0);
  CHECK(run("delete from thing where id = 'a'") == 1);
}

TEST_CASE("A work that fails leaves nothing", "[storage]") {
  Fixture f;
  const absl::Status status = f.database->Write([](Session& session) -> absl::Status {
    if (absl::Status inserted = Insert(session, "a"); !inserted.ok()) return inserted;
    return absl::NotFoundError("its account");
  });
  CHECK(absl::IsNotFound(status));
  CHECK(status.message() == "its account");
  CHECK(f.Count() == 0);
}

TEST_CASE("A work that throws leaves nothing and is INTERNAL", "[storage]") {
  Fixture f;
  const auto thrower = [](Session& session) -> absl::Status {
    (void)Insert(session, "a");
    throw std::runtime_error("oh");
  };
  CHECK(absl::IsInternal(f.database->Write(thrower)));
  CHECK(absl::IsInternal(f.database->Write([](Session&) -> absl::Status { throw 7; })));
  CHECK(absl::IsInternal(
      f.database->Read([](Session&) -> absl::Status { throw std::runtime_error("oh"); })));
  CHECK(f.Count() == 0);
}

TEST_CASE("Violated constraints are told apart", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a").ok());
  CHECK(absl::IsAlreadyExists(f.Insert("a")));
  const absl::Status checked = f.Insert("b", -77);
  CHECK(absl::IsFailedPrecondition(checked));
  CHECK_THAT(std::string(checked.message()), !Catch::Contains("-77"));  // Values are the caller's.
  const absl::Status orphan = f.database->Write([](Session& session) {
    return session.Execute("insert into part (id, thing_id) values ('p', 'z')").status();
  });
  CHECK(absl::IsFailedPrecondition(orphan));
  const absl::Status null = f.database->Write([](Session& session) {
    return session.Execute("insert into part (id, thing_id) values ('p', null)").status();
  });
  CHECK(absl::IsFailedPrecondition(null));
  CHECK(absl::IsInternal(f.database->Write(
      [](Session& session) { return session.Execute("insert into nothing").status(); })));
  CHECK(f.Insert("c").ok());
}

TEST_CASE("The first error of a statement ends its work", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a").ok());
  absl::Status second;
  const absl::Status status = f.database->Write([&](Session& session) {
    (void)Insert(session, "b");
    (void)Insert(session, "a");
    second = Insert(session, "c");
    return absl::OkStatus();
  });
  CHECK(absl::IsAlreadyExists(status));
  CHECK(absl::IsAlreadyExists(second));
  CHECK(f.Count() == 1);
}

TEST_CASE("Values come back as they were, NULLs and large numbers too", "[storage]") {
  Fixture f;
  const std::string sql =
      "insert into thing (id, size, ratio, note) values (:id, :size, :ratio, :note)";
  const std::string text = "naïve ‘quotes’ ' \" ; :name -- \\ \n";
  REQUIRE(f.database
              ->Write([&](Session& session) -> absl::Status {
                // One text with other values each time: a slot keeps nothing of the run before.
                auto one = session.Execute(sql, "1", int64_t{1} << 53, -0.5, text);
                if (!one.ok()) return one.status();
                auto two = session.Execute(sql, "2", std::optional<int64_t>(),
                                           std::optional<double>(), std::optional<std::string>());
                if (!two.ok()) return two.status();
                return session.Execute(sql, "3", INT64_MAX, 1e300, "").status();
              })
              .ok());
  using Row = std::tuple<std::string, std::optional<int64_t>, std::optional<double>,
                         std::optional<std::string>>;
  const auto rows = f.database->Read([](Session& session) {
    return session.Select<std::string, std::optional<int64_t>, std::optional<double>,
                          std::optional<std::string>>(
        "select id, size, ratio, note from thing order by id");
  });
  CHECK(rows.value() == std::vector<Row>{{"1", int64_t{1} << 53, -0.5, text},
                                         {"2", std::nullopt, std::nullopt, std::nullopt},
                                         {"3", INT64_MAX, 1e300, ""}});
}

TEST_CASE("One statement text serves arguments and columns of other types", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a", 1).ok());
  const absl::Status status = f.database->Read([](Session& session) -> absl::Status {
    constexpr std::string_view sql = "select size from thing where id = :id";
    CHECK(session.SelectOne<int64_t>(sql, "a").value() == std::tuple(1));
    CHECK(session.SelectOne<std::string>(sql, "a").value() == std::tuple("1"));
    CHECK(session.SelectOne<bool>(sql, "a").value() == std::tuple(true));
    CHECK(session.SelectOne<double>(sql, "a").value() == std::tuple(1.0));
    CHECK(session.SelectOne<int64_t>(sql, "b").value() == std::nullopt);
    return absl::OkStatus();
  });
  CHECK(status.ok());
}

TEST_CASE("A placeholder that is named twice stands for one argument", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a", 3).ok());
  const auto found = f.database->Read([](Session& session) {
    return session.SelectOne<std::string>(
        "select id from thing where (size = :size or size = :other) and size <> :other "
        "and id = :id and size = :size",
        3, 4, "a");
  });
  CHECK(found.value() == std::tuple("a"));
}

TEST_CASE("Wrong statements and values are errors and spoil no later work", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a").ok());
  const auto read = [&](auto work) { return f.database->Read(work); };
  CHECK(absl::IsInternal(read([](Session& session) {
    return session.SelectOne<int64_t>("select size from thing where id = :id").status();
  })));
  CHECK(absl::IsInternal(read([](Session& session) {
    return session.SelectOne<int64_t>("select size from nowhere").status();
  })));
  const absl::Status null = read([](Session& session) {
    return session.SelectOne<std::string, int64_t>("select id, size from thing").status();
  });
  CHECK(absl::IsInternal(null));
  CHECK(null.message() == "column 1 is NULL");
  CHECK(absl::IsInvalidArgument(f.Insert(std::string_view("a\0b", 3))));
  CHECK(f.Insert("b").ok());
  CHECK(f.Count() == 2);
}

TEST_CASE("A Read sees one snapshot and can change nothing", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a").ok());
  const absl::Status status = f.database->Read([&](Session& session) {
    const auto before = session.SelectOne<int64_t>("select count(*) from thing");
    REQUIRE(f.Insert("b").ok());
    const auto after = session.SelectOne<int64_t>("select count(*) from thing");
    CHECK(before.value() == after.value());
    return absl::OkStatus();
  });
  CHECK(status.ok());
  CHECK(f.Count() == 2);
  const absl::Status write =
      f.database->Read([](Session& session) { return Insert(session, "c"); });
  CHECK(absl::IsInternal(write));
  CHECK(f.Count() == 2);
}

TEST_CASE("A Select reads nothing twice and leaves nothing open", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a", 1).ok());
  REQUIRE(f.Insert("b", 2).ok());
  const auto ids = [](Session& session) {
    return session.SelectOne<std::string>("select id from thing order by id");
  };
  CHECK(f.database->Write(ids).value() == std::tuple("a"));
  const auto returned = f.database->Write([](Session& session) {
    return session.Select<std::string>("update thing set size = size + 1 returning id");
  });
  CHECK(returned.value().size() == 2);
  // Execute drops rows as well.
  CHECK(f.database
            ->Write([](Session& session) {
              return session.Execute("update thing set size = size + 1 returning id");
            })
            .value() == 2);
  CHECK(f.database
            ->Read([](Session& session) {
              return session.SelectOne<int64_t>("select sum(size) from thing");
            })
            .value() == std::tuple(7));
}

TEST_CASE("Hooks run after the commit of their work, and only then", "[storage]") {
  Fixture f;
  int runs = 0;
  int64_t seen = -1;
  const auto insert = [&](Session& session) {
    session.AfterCommit([&] {
      ++runs;
      seen = f.Count();
    });
    return Insert(session, "a");
  };
  REQUIRE(f.database->Write(insert).ok());
  CHECK(runs == 1);
  CHECK(seen == 1);
  CHECK_FALSE(f.database->Write(insert).ok());
  CHECK(f.database
            ->Read([&](Session& session) {
              session.AfterCommit([&] { ++runs; });
              return absl::OkStatus();
            })
            .ok());
  CHECK(runs == 1);
}

TEST_CASE("Many writers at once keep what was acknowledged and nothing else", "[storage]") {
  Fixture f;
  constexpr int kThreads = 16;
  constexpr int kEach = 40;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        const bool fails = i % 4 == 3;
        const absl::Status status = f.database->Write([&](Session& session) -> absl::Status {
          absl::Status inserted = Insert(session, id, i);
          return inserted.ok() && fails ? absl::CancelledError() : inserted;
        });
        if (fails ? !absl::IsCancelled(status) : !status.ok()) ++wrong;
        const auto found = f.database->Read([&](Session& session) {
          return session.SelectOne<int64_t>("select size from thing where id = :id", id);
        });
        if (!found.ok() || found->has_value() == fails) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(f.Count() == kThreads * kEach * 3 / 4);
}

TEST_CASE("Statements beyond the number that is kept still work", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert("a", 1).ok());
  const absl::Status status = f.database->Read([](Session& session) -> absl::Status {
    for (int i = 0; i < 1200; ++i) {
      auto row = session.SelectOne<int64_t>(
          "select size + " + std::to_string(i % 600) + " from thing where id = :id", "a");
      if (!row.ok()) return row.status();
      if (row.value() != std::tuple(1 + i % 600)) return absl::DataLossError("wrong row");
    }
    return absl::OkStatus();
  });
  CHECK(status.ok());
}

}  // namespace portico::storage
