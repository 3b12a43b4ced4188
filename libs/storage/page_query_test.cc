#include "libs/storage/page_query.h"

#include <catch2/catch.hpp>

#include "libs/testing/temp_database.h"
#include "message_table_test.pb.h"

namespace portico::storage {
namespace {

using test::Thing;

constexpr Migration kSchema[] = {
    {"test", "0001",
     "create table thing (id text primary key, count bigint not null, amount bigint not null)"}};

struct Things {
  explicit Things(const std::string& kind) : database({kSchema}, kind) {
    for (int i = 0; i < 20; ++i) Insert("t" + std::to_string(100 + i), i % 2);
  }

  void Insert(const std::string& id, int count) {
    Thing thing;
    thing.set_id(id);
    thing.set_count(count);
    REQUIRE(database->Write([&](Session& session) { return table.Insert(session, thing); }).ok());
  }

  void Execute(std::string_view sql) {
    REQUIRE(database->Write([&](Session& session) { return session.Execute(sql); }).ok());
  }

  absl::StatusOr<Page<Thing>> Read(const PageQuery& query, int size, const std::string& token) {
    return database->Read(
        [&](Session& session) { return query.Read(session, table, size, token); });
  }

  portico::testing::TempDatabase database;
  const Table<Thing> table{"thing", {"id", "count", "amount"}};
};

std::string Ids(const Page<Thing>& page) {
  std::string text;
  for (const Thing& thing : page.rows) text += thing.id() + " ";
  return text;
}

}  // namespace

TEST_CASE("Pages neither repeat nor skip a row while others come", "[storage]") {
  for (const std::string& kind : portico::testing::DatabaseKinds()) {
    Things things(kind);
    const PageQuery query("things");
    auto page = things.Read(query, 2, "");
    CHECK(Ids(*page) == "t100 t101 ");
    things.Insert("t1005", 0);  // Before the next page begins.
    things.Insert("t1025", 0);  // In it.
    page = things.Read(query, 2, page->next_page_token);
    CHECK(Ids(*page) == "t102 t1025 ");
    page = things.Read(query, 100, page->next_page_token);
    CHECK(page->rows.size() == 17);
    CHECK(page->next_page_token.empty());
  }
}

TEST_CASE("A list may fall, and holds only what meets its conditions", "[storage]") {
  for (const std::string& kind : portico::testing::DatabaseKinds()) {
    Things things(kind);
    PageQuery query("things", PageQuery::Order::kByIdFalling);
    query.Where("count = :count", 1).Where("id <> :id", "t119").Where("amount = :amount", 0);
    auto page = things.Read(query, 2, "");
    CHECK(Ids(*page) == "t117 t115 ");
    CHECK(Ids(*things.Read(query, 2, page->next_page_token)) == "t113 t111 ");
  }
}

TEST_CASE("A list may be sorted by several columns, and a row that moves is met where it was",
          "[storage]") {
  for (const std::string& kind : portico::testing::DatabaseKinds()) {
    Things things(kind);
    const auto sorted = [](bool falling) {
      return PageQuery("things",
                       {{.column = "thing.count", .kind = ValueKind::kInteger},
                        {.column = "thing.id"}},
                       falling);
    };
    auto page = things.Read(sorted(false), 9, "");
    CHECK(Ids(*page) == "t100 t102 t104 t106 t108 t110 t112 t114 t116 ");
    things.Execute("update thing set count = -1 where id in ('t116', 't119')");
    page = things.Read(sorted(false), 3, page->next_page_token);
    CHECK(Ids(*page) == "t118 t101 t103 ");
    things.Execute("update thing set count = 1 where id in ('t116', 't119')");
    page = things.Read(sorted(true), 3, "");
    CHECK(Ids(*page) == "t119 t117 t116 ");
    CHECK(Ids(*things.Read(sorted(true), 2, page->next_page_token)) == "t115 t113 ");
  }
}

TEST_CASE("Conditions may be worded otherwise from page to page, and look at other tables",
          "[storage]") {
  for (const std::string& kind : portico::testing::DatabaseKinds()) {
    Things things(kind);
    things.Execute("create table color (count bigint not null, name text not null)");
    things.Execute("insert into color (count, name) values (0, 'red'), (1, 'blue')");
    const auto colored = [](std::string_view condition) {
      PageQuery query("blue things", {{.column = "color.name"}, {.column = "thing.id"}}, false);
      query.Join("join color on color.count = thing.count")
          .Narrow({std::string(condition), {"blue", int64_t{0}}});
      return query;
    };
    const auto page = things.Read(colored("color.name = :name and amount = :amount"), 2, "");
    CHECK(Ids(*page) == "t101 t103 ");
    const auto next = things.Read(colored("color.name >= :name and color.count > :zero "
                                          "and color.name < 'c'"),
                                  2, page->next_page_token);
    CHECK(Ids(*next) == "t105 t107 ");
  }
}

TEST_CASE("A list can be read for some of its rows, however many of them match", "[storage]") {
  for (const std::string& kind : portico::testing::DatabaseKinds()) {
    Things things(kind);
    const auto read = [&](bool falling, int64_t rows, const std::string& token) {
      return things.database->Read([&](Session& session) -> absl::StatusOr<Page<Thing>> {
        PageQuery query("odd things",
                        {{.column = "amount", .kind = ValueKind::kInteger}, {.column = "id"}},
                        falling);
        query.Narrow({"id <> :not", {"t9"}});
        ASSIGN_OR_RETURN(auto some, query.AmongNext(session, "thing", rows, token));
        query.Narrow({"count = 1", {}});
        if (some.has_value()) query.Narrow(*some);
        return query.Read(session, things.table, some.has_value() ? 2 : 50, token);
      });
    };
    CHECK(Ids(*read(false, 4, "")) == "t101 t103 ");
    CHECK(Ids(*read(true, 3, "")) == "t119 t117 ");
    const auto page = read(false, 5, "");
    CHECK(Ids(*page) == "t101 t103 ");
    CHECK(page->next_page_token.empty());  // Another one would be the seventh row.
    const std::string token = read(false, 8, "")->next_page_token;
    CHECK(Ids(*read(false, 5, token)) == "t105 t107 ");
    CHECK(read(false, 17, token)->rows.size() == 8);  // 16 rows are left.
  }
}

TEST_CASE("A page of large rows ends early and the next one goes on", "[storage]") {
  Things things("sqlite");
  for (int i = 0; i < 10; ++i) {
    const std::string id = "t2" + std::to_string(i) + std::string(700'000, 'x');
    things.Insert(id, 0);
  }
  size_t rows = 0;
  int pages = 0;
  std::string token;
  do {
    const auto page = things.Read(PageQuery("things"), 1000, token);
    REQUIRE(page.ok());
    size_t bytes = 0;
    for (const Thing& thing : page->rows) bytes += thing.ByteSizeLong();
    CHECK(bytes < (4 << 20));
    rows += page->rows.size();
    token = page->next_page_token;
    ++pages;
  } while (!token.empty());
  CHECK(rows == 30);
  CHECK(pages > 2);
}

TEST_CASE("A page token counts for its own list and conditions only", "[storage]") {
  Things things("sqlite");
  const std::string token = things.Read(PageQuery("things"), 2, "")->next_page_token;
  CHECK(things.Read(PageQuery("things"), 5, token).ok());
  CHECK(absl::IsInvalidArgument(things.Read(PageQuery("others"), 2, token).status()));
  PageQuery filtered("things");
  filtered.Where("count = :count", 1);
  CHECK(absl::IsInvalidArgument(things.Read(filtered, 2, token).status()));
}

}  // namespace portico::storage
