#include <absl/synchronization/notification.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "libs/events/part.h"
#include "libs/events/served_log.h"
#include "libs/log/trace.h"
#include "libs/testing/temp_postgres.h"

namespace portico::events {
namespace {

WatchEventsResponse Read(Publisher& publisher, int64_t after,
                         const std::vector<std::string>& types = {}) {
  auto batch = publisher.log.ReadAfter(after, types, 1000);
  REQUIRE(batch.ok());
  return *std::move(batch);
}

}  // namespace

TEST_CASE("Events get dense positions, and a change that is rolled back leaves none", "[events]") {
  Publisher publisher;
  REQUIRE(publisher.Publish(MakeNumber(1)).ok());
  const absl::Status refused = publisher.database->Write([&](storage::Session& session) {
    const absl::Status appended =
        publisher.log.Append(session, MakeNumber(99), "subject", "partition");
    return appended.ok() ? absl::AbortedError("no") : appended;
  });
  CHECK(absl::IsAborted(refused));
  REQUIRE(publisher.Publish(MakeNumber(2)).ok());
  const WatchEventsResponse batch = Read(publisher, 0);
  REQUIRE(batch.events_size() == 2);
  CHECK(batch.position() == 2);
  CHECK(batch.events(0).position() == 1);
  CHECK(Value(batch.events(1)) == 2);
  CHECK(batch.events(1).source() == "publisher");
  CHECK(batch.events(1).type() == "google.protobuf.Duration");
  CHECK(batch.events(1).partition() == "partition");
  CHECK(batch.events(1).id() != batch.events(0).id());
  CHECK(batch.events(1).time().seconds() > 0);
}

TEST_CASE("An event whose transaction commits late is not passed over", "[events][postgres]") {
  if (!testing::HasPostgres()) return;
  TempDatabase database({migrations::events()}, "postgres");
  EventLog log(*database, "publisher", SystemClock());
  const auto publish = [&](int64_t value, const std::function<void()>& before_commit) {
    return database->Write([&](storage::Session& session) -> absl::Status {
      absl::Status appended = log.Append(session, MakeNumber(value), "subject", "partition");
      before_commit();
      return appended;
    });
  };
  absl::Notification appended, go_on;
  std::thread late([&] {
    CHECK(publish(1, [&] {
            appended.Notify();
            go_on.WaitForNotification();
          }).ok());
  });
  appended.WaitForNotification();
  REQUIRE(publish(2, [] {}).ok());
  REQUIRE(publish(3, [] {}).ok());
  const auto early = log.ReadAfter(0, {}, 100);
  REQUIRE(early->events_size() == 2);
  CHECK(Value(early->events(0)) == 2);
  CHECK(early->position() == 2);
  go_on.Notify();
  late.join();
  const auto rest = log.ReadAfter(early->position(), {}, 100);
  REQUIRE(rest->events_size() == 1);
  CHECK(Value(rest->events(0)) == 1);
  CHECK(rest->position() == 3);
}

TEST_CASE("Changes of one row made at once by many keep their order in the log",
          "[events][postgres]") {
  if (!testing::HasPostgres()) return;
  static constexpr storage::Migration kCounter[] = {
      {"counter", "0001", "create table counter (value bigint not null)"}};
  TempDatabase database({migrations::events(), kCounter}, "postgres");
  // Of two processes.
  EventLog log(*database, "publisher", SystemClock()), other(*database, "publisher", SystemClock());
  REQUIRE(database
              ->Write([](storage::Session& session) {
                return session.Execute("insert into counter (value) values (0)");
              })
              .ok());
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const absl::Status status = database->Write([&](storage::Session& session) -> absl::Status {
          auto value =
              session.SelectOne<int64_t>("update counter set value = value + 1 returning value");
          if (!value.ok()) return value.status();
          return (t % 2 == 0 ? log : other)
              .Append(session, MakeNumber(std::get<0>(**value)), "subject", "partition");
        });
        if (!status.ok()) throw std::runtime_error(std::string(status.message()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto events = log.ReadAfter(0, {}, 1000);
  REQUIRE(events->events_size() == kThreads * kEach);
  for (int i = 0; i < events->events_size(); ++i) {
    CHECK(events->events(i).position() == i + 1);
    CHECK(Value(events->events(i)) == i + 1);
  }
}

TEST_CASE("A watcher is woken by what another process appends", "[events][postgres]") {
  if (!testing::HasPostgres()) return;
  TempDatabase database({migrations::events()}, "postgres");
  EventLog log(*database, "publisher", SystemClock());
  absl::Notification seen;
  const int64_t watcher = log.Watch([&] {
    const auto events = log.ReadAfter(0, {}, 1);
    if (events.ok() && events->events_size() == 1 && !seen.HasBeenNotified()) seen.Notify();
  });
  EventLog other(*database, "publisher", SystemClock());
  REQUIRE(database
              ->Write([&](storage::Session& session) {
                return other.Append(session, MakeNumber(1), "subject", "partition");
              })
              .ok());
  CHECK(seen.WaitForNotificationWithTimeout(absl::Seconds(10)));
  log.Unwatch(watcher);
}

TEST_CASE("An event carries the trace of the call that made the change, and who made it",
          "[events]") {
  Publisher publisher;
  const std::string trace_id = log::NewTraceId();
  {
    const log::TraceScope trace(log::Trace{trace_id, "jane"});
    REQUIRE(publisher.Publish(MakeNumber(1)).ok());
  }
  REQUIRE(publisher.Publish(MakeNumber(2)).ok());
  const WatchEventsResponse batch = Read(publisher, 0);
  CHECK(log::ParseTraceparent(batch.events(0).trace_parent()) == trace_id);
  CHECK(batch.events(0).actor() == "jane");
  CHECK(batch.events(1).trace_parent().empty());
  CHECK(batch.events(1).actor().empty());
}

TEST_CASE("Reading by type passes over the others but tells how far it read", "[events]") {
  Publisher publisher;
  REQUIRE(publisher.Publish(MakeNumber(1)).ok());
  REQUIRE(publisher.Publish(Other()).ok());
  const WatchEventsResponse batch = Read(publisher, 0, {"google.protobuf.Duration"});
  CHECK(batch.events_size() == 1);
  CHECK(batch.position() == 2);
}

TEST_CASE("A watcher gets what there is, then what comes", "[events]") {
  Wired wired;
  REQUIRE(wired.publisher.Publish(MakeNumber(1)).ok());
  WatchEventsRequest request;
  auto stream = wired.peer->Open(request);
  WatchEventsResponse batch;
  REQUIRE(stream->Read(batch));
  CHECK(batch.position() == 1);
  for (int64_t value = 2; value < 50; ++value) {
    REQUIRE(wired.publisher.Publish(MakeNumber(value)).ok());
    REQUIRE(stream->Read(batch));
    REQUIRE(batch.events_size() == 1);
    CHECK(Value(batch.events(0)) == value);
  }
}

TEST_CASE("A watcher without the permission is refused", "[events]") {
  Wired wired;
  auto stream = wired.service.Staff({"contacts.read"}).Open(WatchEventsRequest());
  WatchEventsResponse batch;
  CHECK_FALSE(stream->Read(batch));
  CHECK(absl::IsPermissionDenied(stream->Finish()));
}

TEST_CASE("A subscription applies every event once, across its own restarts", "[events]") {
  Wired wired;
  for (int round = 0; round < 3; ++round) {
    Store store;
    store.last = round * 100 + 99;
    Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                              SystemClock());
    subscription.Start();
    for (int64_t i = 0; i < 100; ++i) {
      REQUIRE(wired.publisher.Publish(MakeNumber(round * 100 + i)).ok());
    }
    store.seen_last.WaitForNotification();
    subscription.Stop();
  }
  CHECK(wired.Count() == 300);
}

TEST_CASE("Of two processes on one database one applies each event, whoever ends meanwhile",
          "[events]") {
  Wired wired;
  Store first_store, second_store;
  second_store.last = 40;
  auto first = std::make_unique<Subscription>("test", "publisher", *wired.consumer, *wired.peer,
                                              first_store, SystemClock());
  Subscription second("test", "publisher", *wired.consumer, *wired.peer, second_store,
                      SystemClock());
  first_store.last = 20;
  for (int i = 1; i <= 20; ++i) REQUIRE(wired.publisher.Publish(MakeNumber(i)).ok());
  first->Start();
  first_store.seen_last.WaitForNotification();
  second.Start();
  first.reset();
  for (int i = 21; i <= 40; ++i) REQUIRE(wired.publisher.Publish(MakeNumber(i)).ok());
  second_store.seen_last.WaitForNotification();
  const std::vector<int64_t> values = wired.Values();
  REQUIRE(values.size() == 40);
  for (int i = 0; i < 40; ++i) CHECK(values[static_cast<size_t>(i)] == i + 1);
}

TEST_CASE("A batch that arrives again has no second effect", "[events]") {
  Wired wired;
  for (int64_t i = 1; i <= 5; ++i) REQUIRE(wired.publisher.Publish(MakeNumber(i)).ok());
  Store store;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  REQUIRE(subscription.Apply(Read(wired.publisher, 0)).ok());
  REQUIRE(subscription.Apply(Read(wired.publisher, 0)).ok());
  CHECK(wired.Count() == 5);
  // One that overlaps what was applied counts from where it is new.
  REQUIRE(wired.publisher.Publish(MakeNumber(6)).ok());
  REQUIRE(subscription.Apply(Read(wired.publisher, 3)).ok());
  CHECK(wired.Count() == 6);
  CHECK(*subscription.Position() == 6);
}

TEST_CASE("A peer that is away or refuses moves nothing", "[events]") {
  const absl::Status error =
      GENERATE(absl::UnavailableError("away"), absl::PermissionDeniedError("lacks accounts.read"),
               absl::UnimplementedError("an old release"));
  Wired wired;
  REQUIRE(wired.publisher.Publish(MakeNumber(1)).ok());
  Store store;
  store.prepare_error = error;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  CHECK(subscription.Apply(Read(wired.publisher, 0)) == error);
  CHECK(*subscription.Position() == 0);
  CHECK(wired.SetAside().empty());
  store.prepare_error = absl::OkStatus();
  CHECK(subscription.Apply(Read(wired.publisher, 0)).ok());
  CHECK(wired.Count() == 1);
}

TEST_CASE("An event that cannot be applied holds up its own partition only", "[events]") {
  Wired wired;
  for (int64_t i = 1; i <= 6; ++i) {
    REQUIRE(wired.publisher.Publish(MakeNumber(i), i % 2 == 1 ? "odd" : "even").ok());
  }
  Store store;
  store.poison = 3;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  REQUIRE(subscription.Apply(Read(wired.publisher, 0)).ok());
  CHECK(wired.Values() == std::vector<int64_t>{1, 2, 4, 6});
  CHECK(wired.SetAside() == "3: poison\n5: an event of its partition before it is set aside\n");
  CHECK(*subscription.Position() == 6);

  // Later events of the partition wait as well; of another they do not.
  REQUIRE(wired.publisher.Publish(MakeNumber(7), "odd").ok());
  REQUIRE(wired.publisher.Publish(MakeNumber(8), "even").ok());
  REQUIRE(subscription.Apply(Read(wired.publisher, 6)).ok());
  CHECK(wired.Values() == std::vector<int64_t>{1, 2, 4, 6, 8});

  subscription.RetrySetAside();
  CHECK(*subscription.CountSetAside() == 3);
  store.poison = -1;  // What was wrong is mended.
  while (subscription.RetrySetAside() == absl::ZeroDuration()) {
  }
  CHECK(wired.Values() == std::vector<int64_t>{1, 2, 4, 6, 8, 3, 5, 7});
  CHECK(*subscription.CountSetAside() == 0);
  subscription.RetrySetAside();
  CHECK(wired.Count() == 8);
}

TEST_CASE("A partition that fails for long keeps no other from being tried again", "[events]") {
  Wired wired;
  REQUIRE(wired.publisher.Publish(MakeNumber(1), "broken").ok());
  for (int64_t i = 2; i <= 250; ++i) REQUIRE(wired.publisher.Publish(MakeNumber(i), "broken").ok());
  REQUIRE(wired.publisher.Publish(MakeNumber(1), "mended").ok());
  Store store;
  store.poison = 1;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  REQUIRE(subscription.Apply(Read(wired.publisher, 0)).ok());
  CHECK(*subscription.CountSetAside() == 251);
  // The first event of the one partition is as wrong as ever; that of the other no longer is.
  const auto mended = wired.consumer->Write([](storage::Session& session) {
    return session.Execute("update event_set_aside set event = (select event from "
                           "event_set_aside where position = 2) where position = 251");
  });
  REQUIRE(mended.ok());
  subscription.RetrySetAside();
  CHECK(wired.Values() == std::vector<int64_t>{2});
}

TEST_CASE("Others' events are applied together while one partition is held", "[events]") {
  Wired wired;
  REQUIRE(wired.publisher.Publish(MakeNumber(1), "broken").ok());
  Store store;
  store.poison = 1;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  REQUIRE(subscription.Apply(Read(wired.publisher, 0)).ok());
  for (int64_t i = 2; i <= 100; ++i) {
    REQUIRE(wired.publisher.Publish(MakeNumber(i), i % 10 == 0 ? "broken" : "fine").ok());
  }
  store.batches.clear();
  REQUIRE(subscription.Apply(Read(wired.publisher, 1)).ok());
  CHECK(store.batches == std::vector<int>{89});
  CHECK(wired.Count() == 89);
  CHECK(*subscription.CountSetAside() == 11);
  CHECK(*subscription.Position() == 100);
}

TEST_CASE("Events larger together than a message come in several batches", "[events]") {
  Wired wired;
  google::protobuf::StringValue large;
  large.set_value(std::string(300'000, 'x'));
  for (int i = 0; i < 40; ++i) REQUIRE(wired.publisher.Publish(large).ok());
  WatchEventsRequest request;
  request.set_stop_at_end(true);
  auto stream = wired.peer->Open(request);
  WatchEventsResponse batch;
  int events = 0;
  while (stream->Read(batch)) {
    CHECK(batch.ByteSizeLong() < (4 << 20));
    events += batch.events_size();
  }
  CHECK(stream->Finish().ok());
  CHECK(events == 40);
}

TEST_CASE("A log that ends before what was applied from it is an error", "[events]") {
  Wired wired;
  REQUIRE(wired.publisher.Publish(MakeNumber(1)).ok());
  WatchEventsRequest request;
  request.set_after_position(2);
  auto stream = wired.peer->Open(request);
  WatchEventsResponse batch;
  CHECK_FALSE(stream->Read(batch));
  CHECK(absl::IsOutOfRange(stream->Finish()));
}

TEST_CASE("Two consumers in one database keep their own places", "[events]") {
  Wired wired;
  REQUIRE(wired.publisher.Publish(MakeNumber(1)).ok());
  Store store;
  Subscription one("one", "publisher", *wired.consumer, *wired.peer, store, SystemClock());
  Subscription two("two", "publisher", *wired.consumer, *wired.peer, store, SystemClock());
  REQUIRE(one.Apply(Read(wired.publisher, 0)).ok());
  CHECK(*two.Position() == 0);
  REQUIRE(two.Apply(Read(wired.publisher, 0)).ok());
  CHECK(wired.Count() == 2);
}

namespace {

// Things that are told as numbers: 100 of them, each of a partition of its own.
Snapshot Hundred() {
  const auto list = [](storage::Session&, const std::string& after,
                       int) -> absl::StatusOr<std::vector<State>> {
    std::vector<State> states;
    const int first = after.empty() ? 0 : std::stoi(after);
    for (int i = first + 1; i <= std::min(first + 30, 100); ++i) {
      const std::string id = std::to_string(i);
      states.push_back({.key = id,
                        .payload = std::make_unique<Number>(MakeNumber(i)),
                        .subject = id,
                        .partition = id});
    }
    return states;
  };
  return {{Other::descriptor()->full_name(),
           [](auto&&...) { return absl::InternalError("nobody asked for these"); }},
          {Number::descriptor()->full_name(), list}};
}

// Publishes numbers at a time that is long ago, and has the log forget them.
void PublishForgotten(Publisher& publisher, int count) {
  for (int i = 0; i < count; ++i) REQUIRE(publisher.Publish(MakeNumber(1000 + i)).ok());
  publisher.log.Forget(-absl::Hours(1));
}

}  // namespace

TEST_CASE("Events are forgotten after their time, but for the last one", "[events]") {
  Publisher publisher;
  publisher.log.Forget(-absl::Hours(1));
  CHECK(*publisher.log.ForgottenPosition() == 0);
  for (int i = 1; i <= 5; ++i) REQUIRE(publisher.Publish(MakeNumber(i)).ok());
  publisher.log.Forget(absl::Hours(1));
  CHECK(*publisher.log.ForgottenPosition() == 0);
  publisher.log.Forget(-absl::Hours(1));
  CHECK(*publisher.log.ForgottenPosition() == 4);
  CHECK(Value(Read(publisher, 4).events(0)) == 5);
  CHECK(absl::IsOutOfRange(publisher.log.ReadAfter(3, {}, 10).status()));
  REQUIRE(publisher.Publish(MakeNumber(6)).ok());
  CHECK(Read(publisher, 5).events(0).position() == 6);
}

TEST_CASE("A consumer that starts late is told what there is, then what changes", "[events]") {
  Wired wired(Hundred());
  PublishForgotten(wired.publisher, 20);
  Store store;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  store.last = 100;
  subscription.Start();
  store.seen_last.WaitForNotification();
  REQUIRE(wired.publisher.Publish(MakeNumber(500)).ok());
  Eventually([&] { return wired.Count() > 100; });
  subscription.Stop();
  const std::vector<int64_t> values = wired.Values();
  REQUIRE(values.size() == 101);
  for (size_t i = 0; i < 100; ++i) CHECK(values[i] == static_cast<int64_t>(i + 1));
  CHECK(*subscription.Position() == 21);
}

TEST_CASE("Whoever asks for it is told what there is, though all events are kept", "[events]") {
  Wired wired(Hundred());
  REQUIRE(wired.publisher.Publish(MakeNumber(500)).ok());
  WatchEventsRequest request;
  request.add_types(Number::descriptor()->full_name());
  request.set_stop_at_end(true);
  const auto told = [&] {
    const auto stream = wired.peer->Open(request);
    int count = 0;
    WatchEventsResponse batch;
    while (stream->Read(batch)) {
      if (batch.snapshot()) count += batch.events_size();
    }
    CHECK(stream->Finish().ok());
    return count;
  };
  CHECK(told() == 0);
  request.set_snapshot(true);
  CHECK(told() == 100);
}

TEST_CASE("What breaks off while it tells what there is goes on where it was", "[events]") {
  Wired wired(Hundred());
  PublishForgotten(wired.publisher, 20);
  WatchEventsRequest request;
  request.add_types(Number::descriptor()->full_name());
  request.set_stop_at_end(true);
  std::vector<int64_t> values;
  int64_t position = 0;
  // Each stream breaks off after its first batch.
  while (position == 0) {
    const auto stream = wired.peer->Open(request);
    WatchEventsResponse batch;
    REQUIRE(stream->Read(batch));
    for (const Event& event : batch.events()) values.push_back(Value(event));
    position = batch.position();
    request.set_snapshot_token(batch.snapshot_token());
  }
  CHECK(position == 20);
  REQUIRE(values.size() == 100);
  for (size_t i = 0; i < 100; ++i) CHECK(values[i] == static_cast<int64_t>(i + 1));

  request.set_snapshot_token("nonsense");
  const auto stream = wired.peer->Open(request);
  WatchEventsResponse batch;
  CHECK_FALSE(stream->Read(batch));
  CHECK(absl::IsInvalidArgument(stream->Finish()));
}

TEST_CASE("A consumer that fell behind what is kept does not pass over it", "[events]") {
  Wired wired(Hundred());
  REQUIRE(wired.publisher.Publish(MakeNumber(1)).ok());
  Store store;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, store,
                            SystemClock());
  REQUIRE(subscription.Apply(Read(wired.publisher, 0)).ok());
  PublishForgotten(wired.publisher, 20);
  WatchEventsRequest request;
  request.set_after_position(1);
  const auto stream = wired.peer->Open(request);
  WatchEventsResponse batch;
  CHECK_FALSE(stream->Read(batch));
  CHECK(absl::IsOutOfRange(stream->Finish()));
}

TEST_CASE("A watcher can have some of the parts of a log", "[events]") {
  Wired wired(Hundred());
  if (GENERATE(false, true)) PublishForgotten(wired.publisher, 20);
  for (int i = 0; i < 40; ++i) {
    REQUIRE(wired.publisher.Publish(MakeNumber(2000 + i), std::to_string(i)).ok());
  }
  std::multiset<int64_t> all, by_part;
  const auto watch = [&](const std::vector<int>& parts, std::multiset<int64_t>& values) {
    WatchEventsRequest request;
    request.set_stop_at_end(true);
    request.add_types(Number::descriptor()->full_name());
    for (const int part : parts) request.add_parts(part);
    const auto stream = wired.peer->Open(request);
    WatchEventsResponse batch;
    while (stream->Read(batch)) {
      for (const Event& event : batch.events()) {
        values.insert(Value(event));
        CHECK((parts.empty() || PartOf(event.partition()) == parts.front()));
      }
    }
    CHECK(stream->Finish().ok());
  };
  watch({}, all);
  for (int part = 0; part < kParts; ++part) watch({part}, by_part);
  CHECK(all == by_part);
}

}  // namespace portico::events
