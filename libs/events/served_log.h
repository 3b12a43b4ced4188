#pragma once

#include <absl/synchronization/notification.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <catch2/catch.hpp>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "libs/events/event_service.h"
#include "libs/events/subscription.h"
#include "libs/testing/temp_database.h"
#include "libs/testing/test_service.h"
#include "migrations/events.h"
#include "migrations/storage.h"

// For tests: a log that is served, and a consumer of it.
namespace portico::events {

using portico::events::v1::WatchEventsRequest;
using portico::events::v1::WatchEventsResponse;
using portico::testing::TempDatabase;
using portico::testing::TestService;

// Any two message types do as payloads.
using Number = google::protobuf::Duration;
using Other = google::protobuf::Timestamp;

inline Number MakeNumber(int64_t value) {
  Number number;
  number.set_seconds(value);
  return number;
}

inline int64_t Value(const Event& event) {
  Number number;
  REQUIRE(event.data().UnpackTo(&number));
  return number.seconds();
}

template <class Condition>
void Eventually(Condition condition) {
  const absl::Time deadline = SteadyClock().Now() + absl::Seconds(30);
  while (!condition() && SteadyClock().Now() < deadline) absl::SleepFor(absl::Milliseconds(20));
  REQUIRE(condition());
}

// Of every kind of database in turn, where a test does not say which.
struct Publisher {
  explicit Publisher(std::string kind_of_database = GENERATE(from_range(testing::DatabaseKinds())))
      : kind(std::move(kind_of_database)),
        database({migrations::storage(), migrations::events()}, kind),
        log(*database, "publisher", SystemClock()) {}

  absl::Status Publish(const google::protobuf::Message& payload,
                       std::string_view partition = "partition") {
    return database->Write([&](storage::Session& session) {
      return log.Append(session, payload, "subject", partition);
    });
  }

  const std::string kind;
  TempDatabase database;
  EventLog log;
};

// A publisher behind a server, and a consumer's database with a table of sums.
struct Wired {
  explicit Wired(Snapshot snapshot = {},
                 std::string kind = GENERATE(from_range(testing::DatabaseKinds())))
      : publisher(std::move(kind)),
        service_of_log(publisher.log, std::move(snapshot)),
        consumer({migrations::storage(), migrations::events(), Sums()}, publisher.kind) {
    service_of_log.Register(service.server());
    service.Start();
    peer = std::make_unique<rpc::Peer>(rpc::PeerOptions{
        .target = service.address(), .bearer_token = service.StaffToken({"events.read"})});
  }

  static std::span<const storage::Migration> Sums() {
    static constexpr storage::Migration kMigrations[] = {
        {"sums", "0001",
         "create table applied (number bigint, position bigint not null, value bigint not null)"}};
    return kMigrations;
  }

  // The numbers applied, in the order in which they were.
  std::vector<int64_t> Values() {
    auto rows = consumer->Read([](storage::Session& session) {
      return session.Select<int64_t>("select value from applied order by number");
    });
    std::vector<int64_t> values;
    for (const auto& [value] : *rows) values.push_back(value);
    return values;
  }

  size_t Count() { return Values().size(); }

  std::string SetAside() {
    auto rows = consumer->Read([](storage::Session& session) {
      return session.Select<int64_t, std::string>(
          "select position, error from event_set_aside order by position");
    });
    std::string text;
    for (const auto& [position, error] : *rows) {
      text += std::to_string(position) + ": " + error + "\n";
    }
    return text;
  }

  Publisher publisher;
  EventService service_of_log;
  TestService service;
  std::unique_ptr<rpc::Peer> peer;
  TempDatabase consumer;
};

// Stores each number; refuses those that `fails` says.
class Store final : public EventHandler {
 public:
  std::vector<std::string> types() const override { return {"google.protobuf.Duration"}; }

  absl::StatusOr<Effect> Prepare(std::span<const Event> events) override {
    if (!prepare_error.ok()) return prepare_error;
    std::vector<std::pair<int64_t, int64_t>> rows;
    for (const Event& event : events) rows.emplace_back(event.position(), Value(event));
    batches.push_back(static_cast<int>(rows.size()));
    return Effect([this, rows](storage::Session& session) -> absl::Status {
      for (const auto& [position, value] : rows) {
        if (value == poison) return absl::InvalidArgumentError("poison");
        auto done = session.Execute(
            "insert into applied (number, position, value) "
            "values ((select count(*) from applied), :position, :value)",
            position, value);
        if (!done.ok()) return done.status();
        if (value == last) session.AfterCommit([this] { seen_last.Notify(); });
      }
      return absl::OkStatus();
    });
  }

  absl::Status prepare_error;
  int64_t poison = -1;
  int64_t last = -1;
  absl::Notification seen_last;
  std::vector<int> batches;
};

}  // namespace portico::events
