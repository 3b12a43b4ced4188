#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "libs/events/part.h"
#include "libs/events/part_reader.h"
#include "libs/events/relay.h"
#include "libs/events/served_log.h"
#include "libs/testing/temp_nats.h"
#include "libs/testing/temp_postgres.h"
#include "libs/testing/test_authority.h"

namespace portico::events {
namespace {

std::unique_ptr<Broker> Connect(const std::string& url,
                                absl::Duration quiet = absl::Milliseconds(300)) {
  auto broker = Broker::Open({.url = Secret(url), .quiet = quiet});
  REQUIRE(broker.ok());
  return *std::move(broker);
}

// A log that is relayed, and a consumer of it.
struct Relayed : Wired {
  // On PostgreSQL where there is one: what is the stream's does not depend on the database.
  explicit Relayed(std::string kind = testing::DatabaseKinds().back())
      : Wired({}, std::move(kind)),
        broker(Connect(nats.url())),
        relay(publisher.log, *publisher.database, *broker, 1) {}

  std::unique_ptr<Subscription> Consume(Store& store) {
    auto subscription = std::make_unique<Subscription>("consumer", "publisher", *consumer, *peer,
                                                       store, SystemClock(), broker.get());
    subscription->Start();
    return subscription;
  }

  // Publishes the next numbers, in many partitions.
  void Publish(int count) {
    for (int i = 0; i < count; ++i, ++published) {
      REQUIRE(publisher.Publish(MakeNumber(published), PartitionOf(published)).ok());
    }
  }
  static std::string PartitionOf(int64_t number) { return "acc_" + std::to_string(number % 20); }

  // All that was published has been applied once, in order within its partition.
  void CheckApplied() {
    Eventually([this] { return Count() >= static_cast<size_t>(published); });
    const std::vector<int64_t> values = Values();
    CHECK(values.size() == static_cast<size_t>(published));
    CHECK(std::set<int64_t>(values.begin(), values.end()).size() == values.size());
    std::map<std::string, int64_t> last;
    for (const int64_t value : values) {
      const auto [earlier, fresh] = last.emplace(PartitionOf(value), value);
      CHECK((fresh || earlier->second < value));
      earlier->second = value;
    }
  }

  jsCtx* Stream() {
    absl::StatusOr<jsCtx*> stream;
    Eventually([&] { return (stream = broker->Use()).ok(); });
    return *stream;
  }

  // What an outside reader finds in the stream.
  std::vector<Event> Streamed() {
    jsCtx* const stream = Stream();
    std::vector<Event> events;
    for (uint64_t next = 1;;) {
      const auto stored = FirstFrom(stream, "publisher", "portico.publisher.>", next);
      if (!stored.ok()) return events;
      events.push_back(stored->event);
      next = stored->sequence + 1;
    }
  }

  // The stream is the log: each event once, in the log's order, linked to its predecessor.
  bool StreamIsWhole() {
    std::map<int, int64_t> previous;
    int64_t position = 0;
    for (const Event& event : Streamed()) {
      int64_t& before = previous[PartOf(event.partition())];
      if (event.position() != ++position || event.previous_position() != before) return false;
      before = position;
    }
    return position == published;
  }

  int published = 0;
  testing::TempNats nats;
  std::unique_ptr<Broker> broker;
  Relay relay;
};

}  // namespace

TEST_CASE("Over NATS every event takes effect once, across restarts of the consumer",
          "[jetstream]") {
  Relayed relayed(GENERATE(from_range(testing::DatabaseKinds())));
  relayed.relay.Start();
  for (int round = 0; round < 3; ++round) {
    Store store;
    const auto subscription = relayed.Consume(store);
    relayed.Publish(100);
    relayed.CheckApplied();
  }
  CHECK(relayed.StreamIsWhole());
}

TEST_CASE("A broker that is not there yet, or was killed, loses nothing", "[jetstream]") {
  Relayed relayed;
  relayed.nats.Kill();
  relayed.relay.Start();
  Store store;
  const auto subscription = relayed.Consume(store);
  relayed.Publish(50);
  relayed.nats.Start();
  relayed.CheckApplied();
  for (int round = 0; round < 3; ++round) {
    relayed.Publish(50);
    relayed.nats.Kill();
    relayed.Publish(50);
    relayed.nats.Start();
  }
  relayed.CheckApplied();
  Eventually([&] { return relayed.StreamIsWhole(); });
}

TEST_CASE("A reader that the broker has forgotten does not wait for the log to tell it",
          "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  const auto patient = Connect(relayed.nats.url(), absl::Hours(1));
  Store store;
  Subscription subscription("consumer", "publisher", *relayed.consumer, *relayed.peer, store,
                            SystemClock(), patient.get());
  subscription.Start();
  relayed.Publish(50);
  relayed.CheckApplied();
  relayed.nats.Kill();
  relayed.nats.Start();
  relayed.Publish(50);
  relayed.CheckApplied();
  jsErrCode error = {};
  REQUIRE(js_DeleteStream(relayed.Stream(), "portico-publisher", nullptr, &error) == NATS_OK);
  relayed.Publish(50);
  relayed.CheckApplied();
}

TEST_CASE("A stream that was lost or purged is filled again from the log", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  Store store;
  auto subscription = relayed.Consume(store);
  relayed.Publish(100);
  relayed.CheckApplied();
  Eventually([&] { return relayed.StreamIsWhole(); });
  const bool consumer_is_away = GENERATE(true, false);
  if (consumer_is_away) {
    subscription.reset();
    relayed.Publish(10);
    Eventually([&] { return relayed.StreamIsWhole(); });
  }
  jsErrCode error = {};
  jsCtx* const stream = relayed.Stream();
  SECTION("deleted") {
    REQUIRE(js_DeleteStream(stream, "portico-publisher", nullptr, &error) == NATS_OK);
  }
  SECTION("purged") {
    REQUIRE(js_PurgeStream(stream, "portico-publisher", nullptr, &error) == NATS_OK);
  }
  if (consumer_is_away) subscription = relayed.Consume(store);
  Eventually([&] { return relayed.StreamIsWhole(); });
  relayed.Publish(10);
  relayed.CheckApplied();
}

TEST_CASE("A stream that is purged while events come in is filled again as well", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  for (int round = 0; round < 3; ++round) {
    relayed.Publish(50);
    Eventually([&] {  // Once there is one.
      jsErrCode error = {};
      return js_PurgeStream(relayed.Stream(), "portico-publisher", nullptr, &error) == NATS_OK;
    });
    relayed.Publish(50);
    Eventually([&] { return relayed.StreamIsWhole(); });
  }
}

TEST_CASE("What a stream lacks comes from the log", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  relayed.Publish(100);
  Eventually([&] { return relayed.StreamIsWhole(); });
  jsErrCode error = {};
  jsCtx* const stream = relayed.Stream();
  const auto lose = [&](uint64_t sequence) {
    REQUIRE(js_DeleteMsg(stream, "portico-publisher", sequence, nullptr, &error) == NATS_OK);
  };
  for (const uint64_t sequence : {1, 2, 50, 51, 52, 80}) lose(sequence);
  // No later message tells of the last ones.
  for (const uint64_t sequence : {97, 98, 99, 100}) lose(sequence);
  Store store;
  const auto subscription = relayed.Consume(store);
  relayed.CheckApplied();
}

TEST_CASE("Of two relays at once none publishes an event again", "[jetstream]") {
  Relayed relayed;
  Relay other(relayed.publisher.log, *relayed.publisher.database, *relayed.broker, 1);
  relayed.relay.Start();
  other.Start();
  relayed.Publish(300);
  Eventually([&] { return relayed.StreamIsWhole(); });
  relayed.relay.Stop();
  relayed.Publish(100);
  Eventually([&] { return relayed.StreamIsWhole(); });
}

TEST_CASE("A relay that knows the stream empty adds nothing to what another has put there",
          "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  jsCtx* const stream = relayed.Stream();
  Eventually([&] { return FindStream(stream, "publisher").ok(); });
  Event first;  // As the other sends it.
  first.set_id("evt_other");
  first.set_source("publisher");
  first.set_type("portico.Number");
  first.set_partition(Relayed::PartitionOf(0));
  first.set_position(1);
  const std::string bytes = first.SerializeAsString();
  REQUIRE(js_Publish(nullptr, stream, SubjectOf(first).c_str(), bytes.data(),
                     static_cast<int>(bytes.size()), nullptr, nullptr) == NATS_OK);
  relayed.Publish(1);
  relayed.Publish(49);
  Eventually([&] { return relayed.StreamIsWhole(); });
}

TEST_CASE("A consumer goes over to a broker and back, and keeps its place", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  Store store;
  for (int round = 0; round < 2; ++round) {
    Subscription embedded("consumer", "publisher", *relayed.consumer, *relayed.peer, store,
                          SystemClock());
    embedded.Start();
    relayed.Publish(50);
    relayed.CheckApplied();
    embedded.Stop();
    relayed.Publish(20);
    const auto subscription = relayed.Consume(store);
    relayed.Publish(50);
    relayed.CheckApplied();
  }
}

TEST_CASE("A quiet part comes along with the log", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  Store store;
  const auto subscription = relayed.Consume(store);
  for (int i = 0; i < 5; ++i, ++relayed.published) {
    REQUIRE(relayed.publisher.Publish(MakeNumber(i), "one partition").ok());
  }
  Eventually([&] { return *subscription->Position() == 5; });
  CHECK(relayed.Count() == 5);
}

TEST_CASE("Readers come and go while events come in", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  relayed.Publish(500);
  Eventually([&] { return relayed.StreamIsWhole(); });
  std::vector<std::thread> readers;
  for (int part = 0; part < kParts; ++part) {
    readers.emplace_back([&relayed, part] {
      for (int i = 0; i < 40; ++i) {
        WatchEventsRequest request;
        request.add_parts(part);
        PartReader reader(*relayed.broker, "publisher", request, *relayed.peer);
        WatchEventsResponse batch;
        // The rest of the part is on its way when this ends.
        (void)reader.Read(batch);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
}

TEST_CASE("What is on a stream and is no event is passed over", "[jetstream]") {
  Relayed relayed;
  relayed.relay.Start();
  relayed.Publish(10);
  Eventually([&] { return relayed.StreamIsWhole(); });
  jsCtx* const stream = relayed.Stream();
  REQUIRE(js_Publish(nullptr, stream, "portico.publisher.3.Garbage", "{}", 2, nullptr, nullptr) ==
          NATS_OK);
  Store store;
  const auto subscription = relayed.Consume(store);
  relayed.CheckApplied();
  relayed.Publish(10);
  relayed.CheckApplied();
}

TEST_CASE("Processes on one database share the parts of a log", "[jetstream][postgres]") {
  if (!testing::HasPostgres()) return;
  Relayed relayed;
  relayed.relay.Start();
  Store first_store, second_store;
  auto first = relayed.Consume(first_store);
  const auto second = relayed.Consume(second_store);
  Eventually([&] {
    relayed.Publish(8);
    return !first_store.batches.empty() && !second_store.batches.empty();
  });
  relayed.CheckApplied();
  first.reset();
  relayed.Publish(100);
  relayed.CheckApplied();
}

TEST_CASE("A broker is used with the password that its URL holds", "[jetstream]") {
  testing::TempNats nats("authorization {user: portico, password: secret}\n");
  const auto allowed = Connect("nats://portico:secret@" + nats.address());
  Eventually([&] { return allowed->Use().ok(); });
  const auto refused = Connect("nats://portico:wrong@" + nats.address());
  for (int i = 0; i < 5; ++i) CHECK_FALSE(refused->Use().ok());
  CHECK_FALSE(Broker::Open({.url = Secret("nats://h"), .ca_file = "/none/ca.pem"}).ok());
}

TEST_CASE("A broker is trusted, and trusts, by certificates", "[jetstream]") {
  std::string folder = (std::filesystem::temp_directory_path() / "portico-tls-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const auto save = [&](const std::string& name, const std::string& text) {
    const std::string path = folder + "/" + name;
    std::ofstream(path) << text;
    return path;
  };
  const testing::TestAuthority authority, stranger;
  const std::string ca = save("ca.pem", authority.certificate());
  const std::string wrong_ca = save("wrong.pem", stranger.certificate());
  const auto [cert_text, key_text] = authority.Issue();
  const std::string cert = save("cert.pem", cert_text), key = save("key.pem", key_text);
  {
    testing::TempNats nats("tls {cert_file: \"" + cert + "\", key_file: \"" + key +
                           "\", ca_file: \"" + ca + "\", verify: true}\n");
    const auto connect = [&](BrokerOptions options) {
      options.url = Secret(nats.url());
      auto broker = Broker::Open(options);
      REQUIRE(broker.ok());
      return *std::move(broker);
    };
    const auto allowed = connect({.ca_file = ca, .cert_file = cert, .key_file = key});
    Eventually([&] { return allowed->Use().ok(); });
    const auto unknown = connect({.ca_file = ca});
    const auto deceived = connect({.ca_file = wrong_ca, .cert_file = cert, .key_file = key});
    for (int i = 0; i < 20; ++i) {
      CHECK_FALSE(unknown->Use().ok());
      CHECK_FALSE(deceived->Use().ok());
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace portico::events
