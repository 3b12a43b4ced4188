// What is left of the events that tell of somebody whose data was erased.
#include "libs/events/erasure.h"

#include <absl/synchronization/notification.h>

#include <string>
#include <thread>
#include <vector>

#include "libs/events/served_log.h"
#include "libs/testing/temp_postgres.h"
#include "portico/registration/v1/registration_events.pb.h"

namespace portico::events {
namespace {

using registration::v1::Membership;
using registration::v1::MembershipCreated;
using registration::v1::PortalUser;

// A payload of which two fields are personal.
PortalUser Person(const std::string& id) {
  PortalUser person;
  person.set_id(id);
  person.set_email(id + "@example.com");
  return person;
}

void EraseAll(storage::Database& database) {
  Erasure erasure(database);
  while (erasure.RunOnce() == absl::ZeroDuration()) {
  }
}

// The addresses that the events of a log hold.
std::vector<std::string> Addresses(EventLog& log) {
  std::vector<std::string> addresses;
  const auto batch = log.ReadAfter(0, {}, 5000);
  REQUIRE(batch.ok());
  for (const Event& event : batch->events()) {
    PortalUser person;
    if (event.data().UnpackTo(&person) && !person.email().empty()) {
      addresses.push_back(person.email());
    }
  }
  return addresses;
}

// Takes all events in, or refuses them and quotes what they hold; a Membership tells that the data
// of its subject was erased.
class People final : public EventHandler {
 public:
  std::vector<std::string> types() const override { return {}; }
  absl::StatusOr<Effect> Prepare(std::span<const Event> events) override {
    if (refuses) return absl::InvalidArgumentError("got " + events.front().data().value());
    return Effect([this, some = std::vector(events.begin(), events.end())](storage::Session&) {
      applied.insert(applied.end(), some.begin(), some.end());
      return absl::OkStatus();
    });
  }
  bool IsErasure(const Event& event) const override {
    return event.type() == Membership::descriptor()->full_name();
  }

  bool refuses = true;
  std::vector<Event> applied;
};

Event EventOf(int64_t position, const std::string& subject, const std::string& partition,
              const google::protobuf::Message& payload) {
  Event event;
  event.set_id("evt_" + std::to_string(position));
  event.set_position(position);
  event.set_type(payload.GetDescriptor()->full_name());
  event.set_subject(subject);
  event.set_partition(partition);
  event.mutable_data()->PackFrom(payload);
  return event;
}

absl::Status Apply(Subscription& subscription, const std::vector<Event>& events) {
  WatchEventsResponse batch;
  for (const Event& event : events) *batch.add_events() = event;
  batch.set_position(events.back().position());
  return subscription.Apply(batch);
}

}  // namespace

TEST_CASE("Erasing takes what is personal out of one subject's events only", "[events]") {
  Publisher publisher;
  for (const char* id : {"usr_1", "usr_2"}) {
    REQUIRE(publisher.database
                ->Write([&](storage::Session& session) {
                  return publisher.log.Append(session, Person(id), id, "partition");
                })
                .ok());
  }
  REQUIRE(publisher.log.LastPosition().value() == 2);  // Both have theirs.
  REQUIRE(publisher.database
              ->Write([](storage::Session& session) { return Erasure::Request(session, "usr_1"); })
              .ok());
  EraseAll(*publisher.database);
  CHECK(Addresses(publisher.log) == std::vector<std::string>{"usr_2@example.com"});
}

TEST_CASE("What gets its position behind others' that committed late is erased too",
          "[events][postgres]") {
  if (!testing::HasPostgres()) return;
  TempDatabase database({migrations::events()}, "postgres");
  EventLog log(*database, "publisher", SystemClock());
  absl::Notification appended, go_on;
  std::thread late([&] {
    // As many as one portion of the log, appended before the event that is to be erased.
    const std::vector<Draft> drafts(1000, log.Prepare(Person("usr_other"), "usr_other", "other"));
    const absl::Status written = database->Write([&](storage::Session& session) {
      absl::Status status = log.AppendAll(session, drafts);
      appended.Notify();
      go_on.WaitForNotification();
      return status;
    });
    if (!written.ok()) throw std::runtime_error(std::string(written.message()));
  });
  appended.WaitForNotification();
  const absl::Status requested = database->Write([&](storage::Session& session) -> absl::Status {
    absl::Status status = log.Append(session, Person("usr_1"), "usr_1", "partition");
    if (status.ok()) status = Erasure::Request(session, "usr_1");
    if (late.joinable()) {
      go_on.Notify();
      late.join();
    }
    return status;
  });
  REQUIRE(requested.ok());
  EraseAll(*database);                          // Perhaps before all positions are given,
  REQUIRE(log.LastPosition().value() == 1001);  // but now they are,
  EraseAll(*database);
  const std::vector<std::string> addresses = Addresses(log);
  CHECK(addresses == std::vector<std::string>(1000, "usr_other@example.com"));
  const auto left = database->Read([](storage::Session& session) {
    return session.SelectOne<int64_t>("select count(*) from event_erasure");
  });
  CHECK(std::get<0>(left->value()) == 0);
}

TEST_CASE("An erasure that waits behind a set-aside event empties that one", "[events]") {
  Wired wired;
  People people;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, people,
                            SystemClock());
  Subscription other("other", "elsewhere", *wired.consumer, *wired.peer, people, SystemClock());
  // Another log's, with a subject of its own, tells of the person as well.
  MembershipCreated created;
  *created.mutable_portal_user() = Person("usr_1");
  created.mutable_membership()->set_contact_id("con_1");
  REQUIRE(Apply(other, {EventOf(1, "usr_1", "partition", created)}).ok());

  const std::vector<Event> told = {EventOf(1, "con_1", "partition", Person("usr_1")),
                                   EventOf(2, "con_2", "partition", Person("usr_2")),
                                   EventOf(3, "con_1", "partition", Membership())};
  SECTION("in one batch") { REQUIRE(Apply(subscription, told).ok()); }
  SECTION("one by one") {
    for (const Event& event : told) REQUIRE(Apply(subscription, {event}).ok());
  }
  CHECK(wired.SetAside().find("usr_1@example.com") != std::string::npos);
  EraseAll(*wired.consumer);
  CHECK(wired.SetAside().find("usr_1@example.com") == std::string::npos);

  people.refuses = false;
  for (Subscription* each : {&subscription, &other}) {
    while (each->RetrySetAside() == absl::ZeroDuration()) {
    }
  }
  REQUIRE(people.applied.size() == 4);
  // What the person's service has made of it while it waited is erased too.
  const auto requested = wired.consumer->Read([](storage::Session& session) {
    return session.SelectOne<std::string>("select subject from event_erasure");
  });
  REQUIRE(requested->has_value());
  CHECK(std::get<0>(**requested) == "con_1");
  PortalUser person;
  REQUIRE(people.applied[0].data().UnpackTo(&person));
  CHECK(person.id() == "usr_1");
  CHECK(person.email().empty());
  REQUIRE(people.applied[1].data().UnpackTo(&person));
  CHECK(person.email() == "usr_2@example.com");
  CHECK(people.applied[2].position() == 3);
  REQUIRE(people.applied[3].data().UnpackTo(&created));
  CHECK(created.portal_user().email().empty());
  CHECK(created.membership().contact_id() == "con_1");
}

TEST_CASE("An erasure empties what is set aside of another partition", "[events]") {
  Wired wired;
  People people;
  Subscription subscription("consumer", "publisher", *wired.consumer, *wired.peer, people,
                            SystemClock());
  REQUIRE(Apply(subscription, {EventOf(1, "con_1", "acc_1", Person("usr_1"))}).ok());
  people.refuses = false;
  REQUIRE(Apply(subscription, {EventOf(2, "con_1", "acc_2", Membership())}).ok());
  EraseAll(*wired.consumer);
  while (subscription.RetrySetAside() == absl::ZeroDuration()) {
  }
  REQUIRE(people.applied.size() == 2);
  PortalUser person;
  REQUIRE(people.applied[1].data().UnpackTo(&person));
  CHECK(person.email().empty());
}

}  // namespace portico::events
