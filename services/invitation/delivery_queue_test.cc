#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/testing/sqlite_steps.h"
#include "services/invitation/delivery_pipeline.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using portico::contact::v1::Contact;
using testing::SmtpStage;
using namespace portico::invitation::v1;

bool Record(TestWorld& world, const ClaimedMail& claimed, mail::Outcome outcome) {
  const TriedMail tried{.claimed = claimed, .result = {.outcome = outcome}};
  return world.results.Record({&tried, 1}).ok();
}

TEST_CASE("A worker that died leaves its mail due again when the lease ends", "[delivery_queue]") {
  TestWorld world;
  world.Invite();
  REQUIRE(world.queue.Claim({.awaited = 8})->size() == 1);  // And no more is heard of it.
  world.Deliver();
  CHECK(world.sink.mails().empty());
  world.clock.Advance(absl::Minutes(3));
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("A clock set back holds up no mail", "[delivery_queue]") {
  TestWorld world;
  // Made, put off and claimed an hour from now.
  world.clock.Advance(absl::Hours(1));
  SECTION("that was never tried") { world.Invite(); }
  SECTION("that is put off") {
    world.sink.ReplyOnce(SmtpStage::kRecipient, "451 4.7.1 greylisted, come back");
    world.Invite();
    world.Deliver();
  }
  SECTION("whose worker died, with its process") {
    world.Invite();
    DeliveryQueue dead(*world.database, world.stores, world.inviter, world.clock,
                       {.owner = "dead"});
    REQUIRE(dead.Claim({.awaited = 8})->size() == 1);
  }
  REQUIRE(world.sink.mails().empty());
  world.clock.Advance(-absl::Hours(1));
  world.Deliver();
  // As long as it may take without that: a lease's time.
  world.clock.Advance(absl::Minutes(5));
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("A worker keeps the mail that it has while the clock is set back", "[delivery_queue]") {
  TestWorld world;
  world.Invite();
  const auto held = world.queue.Claim({.awaited = 8});
  REQUIRE(held->size() == 1);
  world.clock.Advance(-absl::Hours(1));
  REQUIRE(world.queue.Claim({.awaited = 8})->empty());  // Another worker looks for mail.
  SECTION("and records what came of it") {
    REQUIRE(Record(world, held->front(), mail::Outcome::kRefused));
    CHECK(world.OnlyMessage().state() == MESSAGE_STATE_FAILED);
  }
  SECTION("and gives it back") {
    REQUIRE(world.queue.Release(*held).ok());
    CHECK(world.queue.Claim({.awaited = 8})->size() == 1);
  }
}

TEST_CASE("What could not be given back at once is given back later, before its lease ends",
          "[delivery_queue]") {
  TestWorld world;
  if (!world.database.is_sqlite()) return;  // The trigger is in SQLite's own words.
  world.Invite();
  Contact ann = world.John("ann@example.com");
  ann.set_id("con_ann");
  REQUIRE(world.FromContact({world.Created(ann)}).ok());
  const auto write = [&](const char* sql) {
    return world.database
        ->Write([&](storage::Session& session) { return session.Execute(sql).status(); })
        .ok();
  };
  REQUIRE(
      write("create trigger full before update on message "
            "when new.lease_until = 0 and new.attempt_count = 0 "
            "begin select raise(abort, 'full'); end"));
  SECTION("by the worker that did not try it") {
    world.sink.DropOnce(SmtpStage::kSender);
    world.Deliver();  // The server's fault keeps the second from being tried.
    REQUIRE(write("drop trigger full"));
    world.clock.Advance(absl::Minutes(1));
    world.Deliver();
  }
  SECTION("by the process that started after a crash") {
    REQUIRE(world.queue.Claim({.awaited = 8})->size() == 2);
    const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
    DeliveryPipeline pipeline(world.queue, world.results, world.signal, *transports,
                              world.writer, {}, world.metrics, world.clock);
    pipeline.Start();
    REQUIRE(write("drop trigger full"));
    world.sink.WaitForMails(2, absl::Seconds(30));
  }
  CHECK(world.sink.mails().size() == 2);
}

TEST_CASE("A process takes back what its predecessor had claimed", "[delivery_queue]") {
  TestWorld world;
  world.Invite();
  REQUIRE(world.queue.Claim({.awaited = 8})->size() == 1);
  REQUIRE(world.queue.ReleaseOwn().ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("What a process that died had claimed is soon another's", "[delivery_queue]") {
  TestWorld world;
  if (world.database.is_sqlite()) return;  // It has no other process.
  world.Invite();
  const absl::Duration presence = absl::Seconds(1);
  DeliveryQueue mortal(*world.database, world.stores, world.inviter, world.clock,
                       {.owner = "mortal", .presence = presence});
  DeliveryQueue heir(*world.database, world.stores, world.inviter, world.clock,
                     {.owner = "heir", .presence = presence});
  REQUIRE(mortal.Announce().ok());
  const auto claimed = mortal.Claim({.awaited = 8});
  REQUIRE(claimed->size() == 1);
  CHECK(mortal.HasKept(claimed->front()));
  const absl::Time alive_until = SteadyClock().Now() + 3 * presence;
  while (SteadyClock().Now() < alive_until) {
    REQUIRE(mortal.Announce().ok());
    REQUIRE(heir.Announce().ok());
    REQUIRE(heir.Claim({.awaited = 8})->empty());
  }
  const absl::Time deadline = SteadyClock().Now() + absl::Seconds(30);
  size_t inherited = 0;
  while (inherited == 0 && SteadyClock().Now() < deadline) {
    REQUIRE(heir.Announce().ok());
    inherited = heir.Claim({.awaited = 8})->size();
  }
  CHECK(inherited == 1);
  CHECK(!mortal.IsPresent());
  CHECK(heir.IsPresent());
  // It was only away: back again, it must not send what it had before.
  REQUIRE(mortal.Announce().ok());
  CHECK(mortal.IsPresent());
  CHECK(!mortal.HasKept(claimed->front()));
}

TEST_CASE("What a claim that failed has leased is given back by the next one", "[delivery_queue]") {
  TestWorld world;
  world.Invite();
  const auto rename = [&](const std::string& from, const std::string& to) {
    REQUIRE(world.database
                ->Write([&](storage::Session& session) {
                  return session.Execute(absl::StrCat("alter table ", from, " rename to ", to))
                      .status();
                })
                .ok());
  };
  rename("recipient", "hidden");  // The check needs it, the lease does not.
  CHECK(!world.queue.Claim({.awaited = 8}).ok());
  rename("hidden", "recipient");
  CHECK(world.queue.Claim({.awaited = 8})->size() == 1);
}

TEST_CASE("A failure told after the lease was lost does not touch the mail's new claim",
          "[delivery_queue]") {
  TestWorld world;
  world.Invite();
  const auto lost = world.queue.Claim({.awaited = 8});
  REQUIRE(lost->size() == 1);
  world.clock.Advance(absl::Minutes(3));
  const auto held = world.queue.Claim({.awaited = 8});
  REQUIRE(held->size() == 1);
  REQUIRE(Record(world, lost->front(), mail::Outcome::kRefused));
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_WAITING);
  CHECK(world.queue.Claim({.awaited = 8})->empty());
  REQUIRE(Record(world, held->front(), mail::Outcome::kAccepted));
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_SENT);
  CHECK(world.OnlyMessage().attempts_size() == 2);
}

TEST_CASE("What the workers read does not grow with the mails that wait", "[delivery_queue]") {
  testing::CountSqliteSteps();
  TestWorld world;
  if (!world.database.is_sqlite()) return;
  std::vector<std::string> contacts;
  const auto invite = [&](int count) {
    std::vector<events::Event> created;
    for (int i = 0; i < count; ++i) {
      Contact contact = world.John(absl::StrCat("john", contacts.size(), "@example.com"));
      contact.set_id(contacts.emplace_back(absl::StrCat("con_", contacts.size())));
      created.push_back(world.Created(contact));
    }
    REQUIRE(world.FromContact(created).ok());
  };
  const auto steps = [&](const std::string& contact) {
    return testing::SqliteSteps([&] {
      const auto claimed = world.queue.Claim({.awaited = 8});
      REQUIRE(claimed->size() == 8);
      REQUIRE(world.queue.Release(*claimed).ok());
      CHECK(world.queue.UntilNext({.awaited = 8}).ok());
      world.expiry.RunOnce();
      CHECK(world.Revoke(world.Invitations(contact)[0].id()).ok());  // With the mail that waits.
      ListMessagesRequest request;
      request.set_contact_id(contact);
      request.set_state(MESSAGE_STATE_CANCELLED);
      CHECK(world.staff->Call<ListMessagesResponse>(request)->messages_size() == 1);
    });
  };
  invite(20);
  const uint64_t among_few = steps(contacts[0]);
  invite(600);
  CHECK(steps(contacts[1]) < 2 * among_few);
}

}  // namespace
}  // namespace portico::invitation
