#include <catch2/catch.hpp>

#include "libs/testing/temp_database.h"

namespace portico::storage {
namespace {

constexpr Migration kFirst[] = {
    {"one", "0001_first", "create table a (x text); -- a; comment\ninsert into a values ('p;q')"}};
constexpr Migration kBoth[] = {kFirst[0],
                               {"one", "0002_second", "insert into a values ('r');"}};
constexpr Migration kOther[] = {{"two", "0001_first", "create table b (y bigint)"}};
constexpr Migration kBroken[] = {kFirst[0],
                                 {"one", "0002_broken", "create table c (z text); no sql"}};

std::vector<std::string> Rows(Database& database) {
  const auto rows = database.Read(
      [](Session& session) { return session.Select<std::string>("select x from a order by x"); });
  std::vector<std::string> texts;
  for (const auto& [text] : rows.value()) texts.push_back(text);
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Each migration is applied once, in order, and all its statements", "[storage]") {
  const std::string kind = GENERATE(from_range(testing::DatabaseKinds()));
  testing::TempDatabase database({kFirst}, kind);
  CHECK(Rows(*database) == Texts{"p;q"});
  database.Reopen({kBoth, kOther});
  CHECK(Rows(*database) == Texts{"p;q", "r"});
  database.Reopen();
  CHECK(Rows(*database) == Texts{"p;q", "r"});
  const auto steps = database->Read([](Session& session) {
    return session.Select<std::string, std::string, int64_t>(
        "select component, name, applied_time from schema_migration order by component, name");
  });
  REQUIRE(steps->size() == 3);
  CHECK(std::get<1>(steps->at(1)) == "0002_second");
  CHECK(std::get<0>(steps->at(2)) == "two");
  CHECK(std::get<2>(steps->at(0)) > 0);
}

TEST_CASE("A database with a step of a newer release is opened", "[storage]") {
  const std::string kind = GENERATE(from_range(testing::DatabaseKinds()));
  testing::TempDatabase database({kBoth}, kind);
  database.Reopen({kFirst});
  CHECK(Rows(*database) == Texts{"p;q", "r"});
}

TEST_CASE("A migration that fails leaves nothing and names itself", "[storage]") {
  const std::string kind = GENERATE(from_range(testing::DatabaseKinds()));
  testing::TempDatabase database({kFirst}, kind);
  CHECK_THROWS_WITH(database.Reopen({kBroken}), Catch::Contains("one/0002_broken"));
  database.Reopen({kFirst});
  const absl::Status status = database->Read(
      [](Session& session) { return session.Select<std::string>("select z from c").status(); });
  CHECK(absl::IsInternal(status));
}

}  // namespace portico::storage
