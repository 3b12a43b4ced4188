#include "services/invitation/delivery_pipeline.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/invitation/default_template.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using portico::contact::v1::Contact;
using testing::SmtpStage;
using namespace portico::invitation::v1;

constexpr absl::Duration kNoWait = absl::ZeroDuration();

// A mail of a bulk send, which nothing but its address keeps from going out.
OutgoingMail TestMail(const TestWorld& world, int number, const std::string& address,
                      Lane lane = Lane::kBulk) {
  OutgoingMail mail{.lane = lane, .bulk_number = number};
  Message& message = mail.message;
  message.set_id(absl::StrCat("msg_", 1000 + number));
  message.set_kind(MESSAGE_KIND_TEST);
  message.set_recipient(address);
  message.set_sender("north@hauler.example");
  message.set_subject("A trial");
  message.set_message_id(absl::StrCat(message.id(), "@hauler.example"));
  message.set_bulk_send_id("blk_1");
  *message.mutable_create_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(ToMicros(world.clock.Now()));
  *message.mutable_due_time() = message.create_time();
  mail.content = {.sender_name = "North",
                  .template_id = kDefaultTemplateId,
                  .template_version = 1,
                  .values = {{std::string(kContactName), "John Doe"}},
                  .portal_url = "https://portal.hauler.example"};
  return mail;
}

std::vector<OutgoingMail> TestMails(const TestWorld& world, int count) {
  std::vector<OutgoingMail> mails;
  for (int i = 1; i <= count; ++i) {
    mails.push_back(TestMail(world, i, absl::StrCat("user", i, "@example.com")));
  }
  return mails;
}

void Queue(TestWorld& world, const std::vector<OutgoingMail>& mails) {
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.messages.InsertAll(session, mails);
              })
              .ok());
}

std::unique_ptr<mail::Transport> NewTransport(TestWorld& world) {
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  REQUIRE(transports.ok());
  return (*transports)();
}

// A pipeline beside the world's own, run step by step.
struct Line {
  Line(TestWorld& world, const DeliveryLimits& limits, BulkFeed feed = nullptr)
      : queue(*world.database, world.stores, world.inviter, world.clock,
              {.owner = "line", .presence = absl::Hours(1)}, std::move(feed)),
        results(*world.database, world.stores, world.clock, queue.options()),
        channel({.awaited = 8, .bulk = 8}, world.clock),
        recorder(results, channel, world.metrics, /*most_waiting=*/8),
        dispatcher({.queue = queue,
                    .channel = channel,
                    .recorder = recorder,
                    .brake = world.brake,
                    .clock = world.clock,
                    .steady = world.clock},
                   limits),
        deliverer(queue, channel, recorder, NewTransport(world), world.writer, world.brake,
                  world.clock) {
    REQUIRE(queue.Announce().ok());
  }

  // Answers how long the dispatcher would rest.
  absl::Duration Deliver() {
    while (true) {
      const absl::Duration rest = dispatcher.RunOnce();
      bool sent = false;
      while (deliverer.RunOnce(kNoWait)) {
        sent = true;
        recorder.RunOnce(kNoWait);
      }
      if (rest > absl::ZeroDuration() && !sent) return rest;
    }
  }

  DeliveryQueue queue;
  DeliveryResults results;
  DeliveryChannel channel;
  DeliveryRecorder recorder;
  Dispatcher dispatcher;
  Deliverer deliverer;
};

std::vector<std::string> Recipients(const TestWorld& world) {
  std::vector<std::string> recipients;
  for (const auto& mail : world.sink.mails()) recipients.push_back(mail.recipient);
  return recipients;
}

TEST_CASE("What somebody waits for goes out before bulk that was due earlier", "[delivery]") {
  TestWorld world;
  Queue(world, TestMails(world, 100));
  Line line(world, {});
  line.dispatcher.RunOnce();
  REQUIRE(line.channel.Room().bulk == 0);
  world.clock.Advance(absl::Seconds(1));
  Queue(world, {TestMail(world, 500, "single@example.com", Lane::kAwaited)});
  line.dispatcher.RunOnce();
  line.deliverer.RunOnce(kNoWait);
  CHECK(Recipients(world) == std::vector<std::string>{"single@example.com"});
  line.recorder.RunOnce(kNoWait);
  line.Deliver();
  CHECK(world.sink.mails().size() == 101);
  CHECK(world.Count("select count(*) from message where state = 2 and attempt_count = 1") == 101);
}

TEST_CASE("Held mails stay until their bulk send goes on, and cancelled ones for good",
          "[delivery]") {
  TestWorld world;
  Queue(world, TestMails(world, 3));
  const auto change = [&](auto&& how) {
    REQUIRE(world.database->Write([&](storage::Session& session) { return how(session); }).ok());
  };
  change([&](auto& session) { return world.stores.messages.Hold(session, "blk_1"); });
  world.Deliver();
  CHECK(world.sink.mails().empty());
  SECTION("it goes on") {
    change([&](auto& session) { return world.stores.messages.Unhold(session, "blk_1"); });
    world.Deliver();
    CHECK(world.sink.mails().size() == 3);
  }
  SECTION("it is cancelled") {
    change([&](auto& session) {
      return world.stores.messages
          .CancelOfBulk(session, "blk_1", "BULK_SEND_CANCELLED", world.clock.Now())
          .status();
    });
    change([&](auto& session) { return world.stores.messages.Unhold(session, "blk_1"); });
    world.Deliver();
    CHECK(world.sink.mails().empty());
    CHECK(world.Count("select count(*) from message where state = 5 "
                      "and cancel_reason = 'BULK_SEND_CANCELLED'") == 3);
  }
}

TEST_CASE("The mails of bulk sends are made when no other is due, and those of a feed that failed "
          "are due",
          "[delivery]") {
  TestWorld world;
  int made = 0, feeds = 0;
  bool breaks = false;
  Line line(world, {}, [&](int limit, const MailLease& lease) -> absl::StatusOr<Fed> {
    ++feeds;
    Fed fed{.rest = absl::Seconds(7)};
    for (; limit > 0 && made < 20; --limit) {
      ++made;
      fed.mails.push_back(TestMail(world, made, absl::StrCat("user", made, "@example.com")));
    }
    const absl::Status kept = world.database->Write([&](storage::Session& session) {
      return world.stores.messages.InsertAll(session, fed.mails, lease);
    });
    // As when the connection is lost once the mails are kept.
    if (breaks) return absl::UnavailableError("lost");
    if (!kept.ok()) return kept;
    return fed;
  });
  SECTION("all goes well") {
    CHECK(line.Deliver() == absl::Seconds(7));
  }
  SECTION("the database is lost") {
    breaks = true;
    line.dispatcher.RunOnce();
    REQUIRE(made == 8);
    breaks = false;
    line.Deliver();
  }
  CHECK(feeds >= 3);
  CHECK(world.sink.mails().size() == 20);
  const auto recipients = Recipients(world);
  CHECK(std::set<std::string>(recipients.begin(), recipients.end()).size() == 20);
}

TEST_CASE("A slow domain's mails are put off, and hold up no others", "[delivery]") {
  TestWorld world;
  std::vector<OutgoingMail> mails;
  for (int i = 1; i <= 40; ++i) {
    mails.push_back(
        TestMail(world, i, absl::StrCat("user", i, i % 2 > 0 ? "@slow" : "@fast", i, ".example")));
    if (i % 2 > 0) mails.back().message.set_recipient(absl::StrCat("user", i, "@slow.example"));
  }
  Queue(world, mails);
  Line line(world, {.per_domain_per_second = 1});
  line.Deliver();
  const auto count = [&](const char* domain) {
    return std::ranges::count_if(Recipients(world), [&](const std::string& recipient) {
      return absl::StrContains(recipient, domain);
    });
  };
  CHECK(count("@fast") == 20);
  CHECK(count("@slow") <= 3);
  CHECK(world.Count("select count(*) from message where state = 1 and attempt_count = 0") >= 17);
  CHECK(world.Count("select count(*) from message where lease_until > 0") <= 2);
  int seconds = 0;
  while (count("@slow") < 20 && seconds < 60) {
    world.clock.Advance(absl::Seconds(1));
    ++seconds;
    line.Deliver();
    REQUIRE(count("@slow") <= seconds + 3);
  }
  CHECK(count("@slow") == 20);
  CHECK(seconds <= 22);
}

TEST_CASE("A mail is cancelled, with the reason, where it may no longer go out", "[delivery]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  world.Deliver();  // The invitation.
  world.sink.ReplyToRecipient("bad@example.com", "550 5.1.1 no such user");
  Queue(world, {TestMail(world, 1, "bad@example.com")});
  world.Deliver();
  const size_t before = world.sink.mails().size();
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.suppressions.Add(session, "quiet@example.com", "",
                                                     world.clock.Now(),
                                                     SUPPRESSION_REASON_UNSUBSCRIBED);
              })
              .ok());

  struct Example {
    MessageKind kind;
    std::string contact_id;
    std::string address;
    std::string reason;  // Empty where it goes out.
  };
  const std::vector<Example> examples = {
      {MESSAGE_KIND_GENERAL, kContactId, kEmail, ""},
      {MESSAGE_KIND_GENERAL, kContactId, "old@example.com", "EMAIL_CHANGED"},
      {MESSAGE_KIND_GENERAL, "con_none", kEmail, "CONTACT_UNKNOWN"},
      {MESSAGE_KIND_GENERAL, kContactId, "", "CONTACT_UNKNOWN"},
      {MESSAGE_KIND_NOTICE, "", "anybody@example.com", ""},
      {MESSAGE_KIND_NOTICE, "", "bad@example.com", "EMAIL_SUPPRESSED"},
      {MESSAGE_KIND_NOTICE, "", "quiet@example.com", ""},
      {MESSAGE_KIND_TEST, "", "staff@example.com", ""},
  };
  std::vector<OutgoingMail> mails;
  for (const Example& example : examples) {
    OutgoingMail mail = TestMail(world, static_cast<int>(mails.size()) + 10, example.address);
    mail.message.set_kind(example.kind);
    mail.message.set_contact_id(example.contact_id);
    mails.push_back(mail);
  }
  Queue(world, mails);
  world.Deliver();
  for (size_t i = 0; i < examples.size(); ++i) {
    CAPTURE(i);
    const Message message = world.GetMessage(mails[i].message.id());
    CHECK(message.cancel_reason() == examples[i].reason);
    CHECK(message.state() ==
          (examples[i].reason.empty() ? MESSAGE_STATE_SENT : MESSAGE_STATE_CANCELLED));
  }
  CHECK(world.sink.mails().size() == before + 4);
}

TEST_CASE("A result that the database refuses holds up no other", "[delivery]") {
  TestWorld world;
  Queue(world, TestMails(world, 3));
  world.dispatcher.RunOnce();
  for (const std::string& reply :
       {std::string("250 fine"), std::string("250 \0", 5), std::string("250 good")}) {
    world.recorder.Push({.claimed = *world.channel.Take(kNoWait),
                         .result = {.outcome = mail::Outcome::kAccepted, .reply = reply}});
  }
  world.recorder.RunOnce(kNoWait);
  CHECK_FALSE(world.recorder.IsStuck());
  CHECK(world.Count("select count(*) from message where state = 2") == 3);
  CHECK(world.Count("select count(*) from delivery_attempt where reply = ''") == 1);
}

TEST_CASE("While the database takes no results nothing more is sent, and none is lost",
          "[delivery]") {
  TestWorld world;
  Queue(world, TestMails(world, 30));
  const auto rename = [&](const std::string& from, const std::string& to) {
    REQUIRE(world.database
                ->Write([&](storage::Session& session) {
                  return session.Execute(absl::StrCat("alter table ", from, " rename to ", to))
                      .status();
                })
                .ok());
  };
  rename("delivery_attempt", "hidden");
  world.Deliver();
  world.Deliver();
  const size_t sent = world.sink.mails().size();
  CHECK(sent < 12);
  CHECK(world.recorder.IsStuck());
  CHECK_FALSE(world.deliverer.RunOnce(kNoWait));
  rename("hidden", "delivery_attempt");
  world.recorder.RunOnce(kNoWait);
  CHECK_FALSE(world.recorder.IsStuck());
  world.Deliver();
  world.clock.Advance(absl::Minutes(4));  // What could not be recorded is leased no longer.
  world.Deliver();
  const auto recipients = Recipients(world);
  CHECK(recipients.size() == 30);
  CHECK(std::set<std::string>(recipients.begin(), recipients.end()).size() == 30);
}

TEST_CASE("A stop finishes and records what is on its way, and gives back the rest",
          "[delivery]") {
  TestWorld world;
  Queue(world, TestMails(world, 40));
  absl::Notification under_way, go_on;
  world.sink.BeforeReply(SmtpStage::kContent, [&] {
    if (!under_way.HasBeenNotified()) under_way.Notify();
    go_on.WaitForNotification();
  });
  DeliveryQueue queue(*world.database, world.stores, world.inviter, world.clock,
                      {.owner = "line", .workers = 1, .presence = absl::Hours(1)});
  REQUIRE(queue.Announce().ok());
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  DeliveryPipeline pipeline(queue, world.results, world.signal, *transports, world.writer, {},
                            world.metrics, world.clock);
  pipeline.Start();
  under_way.WaitForNotification();
  std::thread stopping([&] { pipeline.Stop(); });
  go_on.Notify();
  stopping.join();
  world.sink.BehaveAgain();
  const int64_t sent = world.Count("select count(*) from message where state = 2");
  CHECK(sent == static_cast<int64_t>(world.sink.mails().size()));
  CHECK(world.Count("select count(*) from message where state = 1") == 40 - sent);
  CHECK(world.Count("select count(*) from message where lease_owner <> ''") == 0);
}

TEST_CASE("Many threads lose and double nothing, whatever the server answers", "[delivery]") {
  TestWorld world;
  constexpr int kMails = 600;
  std::vector<OutgoingMail> mails;
  for (int i = 1; i <= kMails; ++i) {
    // Some share an address.
    mails.push_back(TestMail(world, i, absl::StrCat("user", i % 500, "@example.com"),
                             i % 3 == 0 ? Lane::kAwaited : Lane::kBulk));
  }
  for (int i = 0; i < 20; ++i) {
    world.sink.ReplyToRecipient(absl::StrCat("user", 7 * i, "@example.com"),
                                "554 5.7.1 not now, not ever");
  }
  Queue(world, mails);
  DeliveryQueue queue(*world.database, world.stores, world.inviter, world.clock,
                      {.owner = "line", .workers = 24, .presence = absl::Hours(1)});
  REQUIRE(queue.Announce().ok());
  DeliveryResults results(*world.database, world.stores, world.clock, queue.options());
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  DeliveryPipeline pipeline(queue, results, world.signal, *transports, world.writer, {},
                            world.metrics, world.clock);
  pipeline.Start();
  const absl::Time deadline = SteadyClock().Now() + absl::Seconds(60);
  while (world.Count("select count(*) from message where state = 1") > 0 &&
         SteadyClock().Now() < deadline) {
    std::this_thread::yield();
  }
  pipeline.Stop();
  const int64_t sent = world.Count("select count(*) from message where state = 2");
  const int64_t failed = world.Count("select count(*) from message where state = 4");
  CHECK(failed > 0);
  CHECK(sent + failed == kMails);
  CHECK(world.Count("select count(*) from delivery_attempt") == kMails);
  std::set<std::string> ids;
  for (const auto& mail : world.sink.mails()) {
    const size_t begin = mail.data.find("Message-ID: <");
    ids.insert(mail.data.substr(begin, mail.data.find('>', begin) - begin));
  }
  CHECK(ids.size() == world.sink.mails().size());
  CHECK(static_cast<int64_t>(ids.size()) == sent);
}

}  // namespace
}  // namespace portico::invitation
