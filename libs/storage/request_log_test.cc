#include "libs/storage/request_log.h"

#include <google/protobuf/type.pb.h>

#include <catch2/catch.hpp>

#include "libs/testing/fake_clock.h"
#include "libs/testing/temp_database.h"
#include "migrations/storage.h"

namespace portico::storage {
namespace {

struct Fixture {
  absl::StatusOr<std::optional<std::string>> Find(std::string_view id, std::string_view content) {
    return database->Read(
        [&](Session& session) { return log.Find(session, "CreateThing", id, content); });
  }
  absl::Status Record(std::string_view id, std::string_view content, std::string_view resource) {
    return database->Write([&](Session& session) {
      return log.Record(session, "CreateThing", id, content, resource);
    });
  }

  testing::TempDatabase database{{migrations::storage()}};
  testing::FakeClock clock{absl::FromUnixSeconds(1'800'000'000)};
  RequestLog log{clock};
};

}  // namespace

TEST_CASE("A repeated request finds the resource that the first one made", "[storage]") {
  Fixture f;
  CHECK(f.Find("r1", "content").value() == std::nullopt);
  REQUIRE(f.Record("r1", "content", "con_1").ok());
  CHECK(f.Find("r1", "content").value() == "con_1");
  CHECK(f.Find("r2", "content").value() == std::nullopt);
  CHECK(absl::IsAlreadyExists(f.Find("r1", "other content").status()));
}

TEST_CASE("A request id counts within its RPC", "[storage]") {
  Fixture f;
  REQUIRE(f.Record("r1", "content", "con_1").ok());
  const auto found = f.database->Read([&](Session& session) {
    return f.log.Find(session, "CreateOther", "r1", "other content");
  });
  CHECK(found.value() == std::nullopt);
}

TEST_CASE("A request recorded twice is refused the second time", "[storage]") {
  Fixture f;
  REQUIRE(f.Record("r1", "content", "con_1").ok());
  CHECK(absl::IsAborted(f.Record("r1", "content", "con_2")));
  CHECK(f.Find("r1", "content").value() == "con_1");
}

TEST_CASE("Requests without an id are all new", "[storage]") {
  Fixture f;
  REQUIRE(f.Record("", "content", "con_1").ok());
  REQUIRE(f.Record("", "content", "con_2").ok());
  CHECK(f.Find("", "content").value() == std::nullopt);
}

TEST_CASE("A request is forgotten after a week", "[storage]") {
  Fixture f;
  REQUIRE(f.Record("r1", "content", "con_1").ok());
  f.clock.Advance(absl::Hours(1));
  REQUIRE(f.Record("r2", "content", "con_2").ok());
  f.clock.Advance(kRequestMemory - absl::Minutes(30));
  CHECK(f.log.Forget(*f.database) == absl::Hours(1));
  CHECK(f.Find("r1", "content").value() == std::nullopt);
  CHECK(f.Find("r2", "content").value() == "con_2");
}

TEST_CASE("Fingerprints tell contents apart", "[storage]") {
  google::protobuf::Field field;
  field.set_name("a");
  const std::string first = Fingerprint(field);
  CHECK(first.size() == 64);
  CHECK(Fingerprint(google::protobuf::Field(field)) == first);
  field.set_name("b");
  CHECK(Fingerprint(field) != first);
}

}  // namespace portico::storage
