#include "libs/rpc/row_patch.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "echo.pb.h"

namespace portico::rpc {
namespace {

using testing::v1::Card;

Card CardOf(const std::string& text) {
  Card card;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &card));
  return card;
}

absl::StatusOr<FieldList> Fields(const std::vector<std::string>& paths) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return FieldsOfMask(mask, *Card::descriptor());
}

std::string Patched(const std::string& before, const std::string& patch,
                    const std::vector<std::string>& mask = {}) {
  Card current = CardOf(before);
  Card row = CardOf(patch);
  ApplyPatch(row, Fields(mask).value(), current);
  return current.ShortDebugString();
}

const std::string kPlace =
    R"(place { lines: "225 Rice St" city: "St Paul" position { north: 4 } })";

}  // namespace

TEST_CASE("What a row leaves unset stays, also within messages", "[import]") {
  CHECK(Patched("name: 'A' " + kPlace, "place { city: 'Duluth' }") ==
        R"(name: "A" place { lines: "225 Rice St" city: "Duluth" position { north: 4 } })");
  CHECK(Patched(kPlace, "place { position { east: 9 } }") ==
        R"(place { lines: "225 Rice St" city: "St Paul" position { north: 4 east: 9 } })");
  CHECK(Patched("", "place { city: 'Duluth' }") == R"(place { city: "Duluth" })");
}

TEST_CASE("A field that the mask names becomes unset where the row leaves it so, and no other",
          "[import]") {
  CHECK(Patched("closed: true name: 'A'", "", {"closed"}) == R"(name: "A")");
  CHECK(Patched(kPlace, "name: 'B'", {"place.city"}) ==
        R"(name: "B" place { lines: "225 Rice St" position { north: 4 } })");
  CHECK(Patched(kPlace, "place { city: 'Duluth' }", {"place.city", "place.position.north"}) ==
        R"(place { lines: "225 Rice St" city: "Duluth" })");
  CHECK(Patched(kPlace, "place { city: 'Duluth' }", {"place"}) == R"(place { city: "Duluth" })");
  CHECK(Patched(kPlace, "", {"place"}).empty());
}

TEST_CASE("A message that has nothing left becomes unset, and none is made of nothing",
          "[import]") {
  CHECK(Patched("place { city: 'St Paul' }", "", {"place.city"}).empty());
  CHECK(Patched("", "", {"place.city", "place.position.north"}).empty());
  CHECK(Patched("", "place {}").empty());
}

TEST_CASE("A list is replaced as a whole", "[import]") {
  CHECK(Patched("parts { name: 'a' } parts { name: 'b' }", "parts { name: 'c' }") ==
        R"(parts { name: "c" })");
  CHECK(Patched(kPlace, "place { lines: '1' lines: '2' }", {"place.lines"}) ==
        R"(place { lines: "1" lines: "2" city: "St Paul" position { north: 4 } })");
  CHECK(Patched("parts { name: 'a' }", "", {"parts"}).empty());
}

TEST_CASE("What is one value is replaced as a whole, but where the mask names its fields",
          "[import]") {
  CHECK(Patched("owed { currency: 'USD' amount: 5 }", "owed { currency: 'USD' }") ==
        R"(owed { currency: "USD" })");
  CHECK(Patched("due_time { seconds: 5 nanos: 7 }", "due_time { seconds: 6 }") ==
        "due_time { seconds: 6 }");
  CHECK(Patched("owed { currency: 'USD' amount: 5 }", "owed { amount: 6 }", {"owed.amount"}) ==
        R"(owed { currency: "USD" amount: 6 })");
  CHECK(Patched("owed { currency: 'USD' amount: 5 }", "", {"owed.amount"}) ==
        R"(owed { currency: "USD" })");
}

TEST_CASE("A mask names what a row can set", "[import]") {
  CHECK(Fields({"name", "place", "place.position.east", "parts"}).ok());
  for (const std::string path : {"id", "etag", "colour", "", "place.", "place.street", "name.x",
                                 "parts.name", "place.position.found_by"}) {
    INFO(path);
    CHECK(absl::IsInvalidArgument(Fields({path}).status()));
  }
}

}  // namespace portico::rpc
