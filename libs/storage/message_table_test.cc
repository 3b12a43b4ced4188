#include "libs/storage/message_table.h"

#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <limits>

#include "libs/testing/temp_database.h"
#include "message_table_test.pb.h"

namespace portico::storage {
namespace {

using test::Thing;

constexpr Migration kSchema[] = {{"test", "0001", R"(
    create table thing (
      id text primary key, name_first text not null, name_last text not null unique,
      color bigint not null, amount bigint not null, count bigint not null, active bigint not null,
      ratio double precision not null, nickname text, score bigint, agreed bigint,
      create_time bigint, place text not null, tags text not null, others text not null,
      large bigint not null, account_id text, site_id text, totals text not null,
      weight double precision not null, size bigint not null, extra text not null default 'kept');
    create table tag (thing_id text not null, id text not null);)"}};

const Table<Thing>& Things() {
  static const Table<Thing> things(
      "thing", {"id",    "name.first", "name.last", "color",   "amount",      "count",  "active",
                "ratio", "nickname",   "score",     "agreed",  "create_time", "place",  "tags",
                "others", "large",     "account_id", "site_id", "totals",     "weight", "size"});
  return things;
}

Thing Full() {
  Thing thing;
  thing.set_id("t1");
  thing.mutable_name()->set_first("Zoë 'Z' \"Q\"");
  thing.mutable_name()->set_last("Last\nline");
  thing.set_color(test::COLOR_RED);
  thing.set_amount(std::numeric_limits<int64_t>::min());
  thing.set_count(-7);
  thing.set_active(true);
  thing.set_ratio(0.1);
  thing.set_nickname("Z");
  thing.set_score(5'000'000'000);
  thing.set_agreed(true);
  thing.mutable_create_time()->set_seconds(-2);
  thing.mutable_create_time()->set_nanos(123'456'000);
  thing.mutable_place()->set_city("St Paul");
  test::Place& place = *thing.mutable_place();
  place.add_lines("225 \"Rice\" St\\\u2028");
  place.set_open(true);
  place.set_floor(-1);
  place.set_rooms(4'000'000'000);
  place.set_color(test::COLOR_RED);
  place.add_walls(test::COLOR_RED);
  place.add_walls(static_cast<test::Color>(77));  // Of a later release.
  place.add_levels(-2);
  place.add_sizes(7);
  place.add_doors(false);
  place.mutable_owner()->set_first("Zoë");
  place.set_rating(0);
  thing.add_tags("vip");
  thing.add_tags("");
  thing.add_others()->set_city("Duluth");
  thing.set_large(std::numeric_limits<uint64_t>::max());
  thing.set_site_id("sit_1");
  (*thing.mutable_totals())["open"] = 3;
  thing.set_weight(1.5f);
  thing.set_size(4'000'000'000);
  return thing;
}

struct Fixture {
  absl::Status Insert(const Thing& thing) {
    return database->Write([&](Session& session) { return Things().Insert(session, thing); });
  }
  std::optional<Thing> Find(std::string_view id) {
    return database
        ->Read([&](Session& session) { return Things().FindBy(session, "where id = :id", id); })
        .value();
  }
  absl::StatusOr<int64_t> Update(const Thing& thing, std::vector<std::string_view> fields) {
    return database->Write(
        [&](Session& session) { return Things().Update(session, thing, fields); });
  }

  testing::TempDatabase database{{kSchema}, GENERATE(from_range(testing::DatabaseKinds()))};
};

std::string Text(const std::optional<Thing>& thing) {
  return thing.has_value() ? thing->DebugString() : "none";
}

}  // namespace

TEST_CASE("A message comes back from its row as it was", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert(Full()).ok());
  CHECK(Text(f.Find("t1")) == Text(Full()));
}

TEST_CASE("Unset fields come back unset", "[storage]") {
  Fixture f;
  Thing thing;
  thing.set_id("t1");
  REQUIRE(f.Insert(thing).ok());
  CHECK(Text(f.Find("t1")) == Text(thing));
  const auto nulls = f.database->Read([](Session& session) {
    return session.SelectOne<std::optional<std::string>, std::optional<int64_t>,
                             std::optional<int64_t>, std::string>(
        "select nickname, score, create_time, place from thing");
  });
  CHECK(nulls.value() == std::tuple(std::nullopt, std::nullopt, std::nullopt, ""));
}

TEST_CASE("A field with presence keeps a default that was set", "[storage]") {
  Fixture f;
  Thing thing;
  thing.set_id("t1");
  thing.set_nickname("");
  thing.set_score(0);
  thing.set_agreed(false);
  thing.mutable_create_time();
  thing.mutable_place();
  thing.set_account_id("");
  REQUIRE(f.Insert(thing).ok());
  CHECK(Text(f.Find("t1")) == Text(thing));
}

TEST_CASE("A field that is not listed is not stored", "[storage]") {
  Fixture f;
  Thing thing = Full();
  thing.set_not_stored("gone");
  REQUIRE(f.Insert(thing).ok());
  CHECK(f.Find("t1")->not_stored().empty());
}

TEST_CASE("An update writes all fields, or those that its paths cover", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert(Full()).ok());
  Thing changed;
  changed.set_id("t1");
  changed.mutable_name()->set_first("New");
  changed.mutable_place()->set_city("Here");

  CHECK(f.Update(changed, {"name", "place.city"}).value() == 1);
  Thing expected = Full();
  *expected.mutable_name() = changed.name();
  *expected.mutable_place() = changed.place();
  CHECK(Text(f.Find("t1")) == Text(expected));

  const auto all = f.database->Write(
      [&](Session& session) { return Things().Update(session, changed); });
  CHECK(all.value() == 1);
  CHECK(Text(f.Find("t1")) == Text(changed));
  const auto extra = f.database->Read(
      [](Session& session) { return session.SelectOne<std::string>("select extra from thing"); });
  CHECK(std::get<0>(extra->value()) == "kept");
}

TEST_CASE("Columns that follow from a message are written with it, whichever way", "[storage]") {
  Fixture f;
  const Table<Thing> table(
      "thing",
      {"id", "name.first", "name.last", "color", "amount", "count", "active", "ratio", "place",
       "tags", "others", "large", "totals", "weight", "size"},
      {.names = {"extra"}, .derive = [](const google::protobuf::Message& message) {
         return std::vector{"of " + static_cast<const Thing&>(message).name().last()};
       }});
  const auto write = [&](auto work) { REQUIRE(f.database->Write(work).ok()); };
  const auto extras = [&] {
    std::string text;
    const auto rows = f.database->Read([](Session& session) {
      return session.Select<std::string>("select extra from thing order by id");
    });
    for (const auto& [extra] : rows.value()) text += extra + ", ";
    return text;
  };
  std::vector<Thing> things(3, Full());
  for (int i = 0; i < 3; ++i) {
    things[i].set_id("t" + std::to_string(i));
    things[i].mutable_name()->set_last(std::string(1, static_cast<char>('a' + i)));
  }
  write([&](Session& session) { return table.Insert(session, things[0]); });
  write([&](Session& session) {
    return table.InsertAll(session, std::vector{things[1], things[2]});
  });
  CHECK(extras() == "of a, of b, of c, ");
  things[0].mutable_name()->set_last("A");
  things[1].mutable_name()->set_last("B");
  const std::string_view fields[] = {"name.last"};
  write([&](Session& session) { return table.Update(session, things[0], fields).status(); });
  write([&](Session& session) { return table.SaveAll(session, {&things[1], 1}); });
  CHECK(extras() == "of A, of B, of c, ");
  write([&](Session& session) { return table.Update(session, things[2]).status(); });
  CHECK(extras() == "of A, of B, of c, ");
}

TEST_CASE("An update of no row answers none, and of no column is refused", "[storage]") {
  Fixture f;
  Thing thing;
  thing.set_id("t9");
  CHECK(f.Update(thing, {"count"}).value() == 0);
  CHECK(absl::IsInvalidArgument(f.Update(thing, {"id"}).status()));
  CHECK(absl::IsInvalidArgument(f.Update(thing, {"count", "not_stored"}).status()));
  CHECK(absl::IsInvalidArgument(f.Update(thing, {"nam"}).status()));
}

TEST_CASE("A second row with a taken key is refused", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert(Full()).ok());
  CHECK(absl::IsAlreadyExists(f.Insert(Full())));
  Thing other = Full();
  other.set_id("t2");
  CHECK(absl::IsAlreadyExists(f.Insert(other)));
}

TEST_CASE("Rows are listed in order, also through a join", "[storage]") {
  Fixture f;
  for (const char* id : {"t1", "t2", "t3"}) {
    Thing thing = Full();
    thing.set_id(id);
    thing.mutable_name()->set_last(id);
    REQUIRE(f.Insert(thing).ok());
  }
  REQUIRE(f.database
              ->Write([](Session& session) {
                return session.Execute("insert into tag (thing_id, id) values ('t2', 'x')").status();
              })
              .ok());
  const auto ids = [&](std::string_view rest, auto... args) {
    const auto things = f.database->Read(
        [&](Session& session) { return Things().List(session, rest, args...); });
    std::string text;
    for (const Thing& thing : things.value()) text += thing.id() + " ";
    return text;
  };
  CHECK(ids("where id <> :id order by id desc limit :limit", "t3", 5) == "t2 t1 ");
  CHECK(ids("join tag on tag.thing_id = thing.id where tag.id = :tag", "x") == "t2 ");
  CHECK(ids("where count = :count", 8) == "");
  CHECK_FALSE(f.Find("t4").has_value());
}

TEST_CASE("A message is stored as protobuf's JSON, with the proto's names", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert(Full()).ok());
  const auto place = f.database->Read([](Session& session) {
    return session.SelectOne<std::string>("select place from thing where id = :id", "t1");
  });
  const std::string stored = std::get<0>(**place);
  CHECK(stored.find("\"lines\"") != std::string::npos);
  test::Place read;
  REQUIRE(google::protobuf::util::JsonStringToMessage(stored, &read).ok());
  CHECK(read.DebugString() == Full().place().DebugString());

  std::string written;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  REQUIRE(google::protobuf::util::MessageToJsonString(Full().place(), &written, options).ok());
  REQUIRE(f.database
              ->Write([&](Session& session) {
                return session.Execute("update thing set place = :place", written).status();
              })
              .ok());
  CHECK(f.Find("t1")->place().DebugString() == Full().place().DebugString());
}

TEST_CASE("Stored JSON may hold what this release does not know, but must be JSON", "[storage]") {
  Fixture f;
  REQUIRE(f.Insert(Full()).ok());
  const auto set_place = [&](std::string_view json) {
    return f.database
        ->Write([&](Session& session) {
          return session.Execute("update thing set place = :place", json).status();
        })
        .ok();
  };
  REQUIRE(set_place(
      R"({"city":"Ely","planet":"Earth","color":"COLOR_PUCE","walls":["COLOR_PUCE"]})"));
  CHECK(f.Find("t1")->place().DebugString() == "city: \"Ely\"\n");
  REQUIRE(set_place(
      R"({"city":"Ely","open":null,"color":null,"walls":null,"owner":null,"rating":null})"));
  CHECK(f.Find("t1")->place().DebugString() == "city: \"Ely\"\n");
  for (const char* broken : {"{", R"({"color":1.5})"}) {
    REQUIRE(set_place(broken));
    const auto found = f.database->Read(
        [](Session& session) { return Things().FindBy(session, "where id = :id", "t1"); });
    CHECK(absl::IsInternal(found.status()));
  }
}

}  // namespace portico::storage
