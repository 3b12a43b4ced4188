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

TEST_CASE("Old requests are forgotten, the oldest first", "[storage]") {
  Fixture f;
  for (const char* id : {"r1", "r2", "r3"}) {
    REQUIRE(f.Record(id, "content", id).ok());
    f.clock.Advance(absl::Hours(1));
  }
  const auto forget = [&](absl::Duration age, int64_t limit) {
    return f.database
        ->Write([&](Session& session) {
          return f.log.DeleteBefore(session, f.clock.Now() - age, limit);
        })
        .value();
  };
  CHECK(forget(absl::Minutes(90), 1) == 1);
  CHECK(f.Find("r1", "content").value() == std::nullopt);
  CHECK(forget(absl::Minutes(90), 10) == 1);
  CHECK(f.Find("r2", "content").value() == std::nullopt);
  CHECK(f.Find("r3", "content").value() == "r3");
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
