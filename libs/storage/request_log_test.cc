#include "libs/storage/request_log.h"

#include <google/protobuf/type.pb.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "libs/testing/fake_clock.h"
#include "libs/testing/temp_database.h"
#include "migrations/storage.h"

namespace portico::storage {
namespace {

using Claimed = absl::StatusOr<std::optional<std::string>>;

struct Fixture {
  Claimed Claim(std::string_view id, std::string_view content, std::string_view resource,
                std::string_view rpc = "CreateThing") {
    return database->Write(
        [&](Session& session) { return log.Claim(session, rpc, id, content, resource); });
  }

  testing::TempDatabase database{{migrations::storage()},
                                 GENERATE(from_range(testing::DatabaseKinds()))};
  testing::FakeClock clock{absl::FromUnixSeconds(1'800'000'000)};
  RequestLog log{clock};
};

}  // namespace

TEST_CASE("A repeated request finds the resource that the first one made", "[storage]") {
  Fixture f;
  CHECK(f.Claim("r1", "content", "con_1").value() == std::nullopt);
  CHECK(f.Claim("r1", "content", "con_2").value() == "con_1");
  CHECK(f.Claim("r2", "content", "con_2").value() == std::nullopt);
  CHECK(absl::IsAlreadyExists(f.Claim("r1", "other content", "con_3").status()));
}

TEST_CASE("Looking for a request does not make it known", "[storage]") {
  Fixture f;
  const auto find = [&](std::string_view id, std::string_view content) {
    return f.database->Read(
        [&](Session& session) { return f.log.Find(session, "CreateThing", id, content); });
  };
  CHECK(find("r1", "content").value() == std::nullopt);
  CHECK(f.Claim("r1", "content", "con_1").value() == std::nullopt);
  CHECK(find("r1", "content").value() == "con_1");
  CHECK(absl::IsAlreadyExists(find("r1", "other content").status()));
  CHECK(find("", "content").value() == std::nullopt);
}

TEST_CASE("A request id counts within its RPC", "[storage]") {
  Fixture f;
  REQUIRE(f.Claim("r1", "content", "con_1").ok());
  CHECK(f.Claim("r1", "other content", "con_2", "CreateOther").value() == std::nullopt);
}

TEST_CASE("A request whose transaction is given up has made nothing", "[storage]") {
  Fixture f;
  const absl::Status refused = f.database->Write([&](Session& session) {
    const Claimed claimed = f.log.Claim(session, "CreateThing", "r1", "content", "con_1");
    return claimed.ok() ? absl::AbortedError("no") : claimed.status();
  });
  REQUIRE(absl::IsAborted(refused));
  CHECK(f.Claim("r1", "content", "con_2").value() == std::nullopt);
}

TEST_CASE("Of two requests at once one makes the resource", "[storage]") {
  Fixture f;
  std::vector<std::optional<std::string>> found(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string id = "con_" + std::to_string(i);
      const Claimed claimed = f.Claim("r1", "content", id);
      found[i] = claimed.ok() ? claimed->value_or(id) : "";
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& one : found) CHECK(one == found.front());
  CHECK(found.front() != "");
}

TEST_CASE("Requests without an id are all new", "[storage]") {
  Fixture f;
  CHECK(f.Claim("", "content", "con_1").value() == std::nullopt);
  CHECK(f.Claim("", "content", "con_2").value() == std::nullopt);
}

TEST_CASE("A request is forgotten after a week", "[storage]") {
  Fixture f;
  REQUIRE(f.Claim("r1", "content", "con_1").ok());
  f.clock.Advance(absl::Hours(1));
  REQUIRE(f.Claim("r2", "content", "con_2").ok());
  f.clock.Advance(kRequestMemory - absl::Minutes(30));
  CHECK(f.log.Forget(*f.database) == absl::Hours(1));
  CHECK(f.Claim("r1", "content", "con_3").value() == std::nullopt);
  CHECK(f.Claim("r2", "content", "con_3").value() == "con_2");
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
