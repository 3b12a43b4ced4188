#include "services/invitation/reminders.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "portico/contact/v1/contact_events.pb.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

constexpr absl::Duration kDay = absl::Hours(24);

void Schedule(TestWorld& world, const std::vector<int>& days) {
  world.peers.ChangeAccounts([days](auto& answer) {
    for (const int after : days) {
      answer.mutable_portal_options()->add_reminder_schedule()->set_seconds(after * 24 * 3600);
    }
  });
}

// Runs the step until nothing is due, and then the workers. Answers how many mails went out.
size_t Remind(TestWorld& world) {
  const size_t before = world.sink.mails().size();
  while (world.reminders.RunOnce() == absl::ZeroDuration()) {
  }
  world.Deliver();
  return world.sink.mails().size() - before;
}

bool Suppress(TestWorld& world) {
  return world.database
      ->Write([&](storage::Session& session) {
        return world.stores.suppressions.Add(session, kEmail, "unsubscribed", world.clock.Now());
      })
      .ok();
}

TEST_CASE("Reminders are mailed when the portal options say, each once", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 7});
  const Invitation invitation = world.Invite();
  CHECK(invitation.reminder_schedule_size() == 2);
  world.Deliver();
  CHECK(Remind(world) == 0);
  world.clock.Advance(3 * kDay - absl::Seconds(1));
  CHECK(Remind(world) == 0);
  world.clock.Advance(absl::Seconds(1));
  CHECK(Remind(world) == 1);
  CHECK(Remind(world) == 0);
  const Invitation once = world.Get(invitation.id());
  CHECK(once.reminder_count() == 1);
  CHECK(once.state() == INVITATION_STATE_SENT);
  CHECK(once.next_reminder_time().seconds() == invitation.create_time().seconds() + 7 * 24 * 3600);
  world.clock.Advance(4 * kDay);
  CHECK(Remind(world) == 1);
  CHECK_FALSE(world.Get(invitation.id()).has_next_reminder_time());
  world.clock.Advance(4 * kDay);
  CHECK(Remind(world) == 0);

  const Message reminder = world.Messages()[0];
  CHECK(reminder.kind() == MESSAGE_KIND_REMINDER);
  CHECK(reminder.subject() == "Your access to the customer portal of North is waiting");
  CHECK(reminder.invitation_id() == invitation.id());
  CHECK(world.Count("select count(*) from message where lane = 1") == 2);
  CHECK_THAT(Readable(world.sink.mails()[1]), Catch::Contains("until 11 June 2026"));
}

TEST_CASE("Without a schedule nobody is reminded", "[reminder]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.clock.Advance(10 * kDay);
  CHECK(Remind(world) == 0);
  CHECK_FALSE(world.Get(invitation.id()).has_next_reminder_time());
}

TEST_CASE("The links of all mails work until one of them is used", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 7});
  const Invitation invitation = world.Invite();
  const std::string first = world.DeliverToken();
  world.clock.Advance(3 * kDay);
  REQUIRE(Remind(world) == 1);
  const std::string second = TokenIn(world.sink.mails()[1]);
  world.clock.Advance(4 * kDay);
  REQUIRE(Remind(world) == 1);
  const std::string third = TokenIn(world.sink.mails()[2]);
  CHECK(first != second);
  CHECK(second != third);
  for (const std::string& token : {first, second, third}) {
    CHECK(world.LookUp(token)->invitation_id() == invitation.id());
  }
  SECTION("the first") {
    REQUIRE(world.Redeem(invitation.id(), first, "apt_1").ok());
    CHECK(world.Redeem(invitation.id(), first, "apt_1").ok());
    for (const std::string& token : {first, second, third}) {
      CHECK(rpc::ReasonOf(world.LookUp(token).status()) == "INVITATION_ACCEPTED");
      CHECK(rpc::ReasonOf(world.Redeem(invitation.id(), token, "apt_2").status()) ==
            "INVITATION_ACCEPTED");
    }
  }
  SECTION("the last") { CHECK(world.Redeem(invitation.id(), third, "apt_1").ok()); }
  SECTION("but not of another invitation") {
    CHECK(absl::IsNotFound(world.Redeem("inv_other", second, "apt_1").status()));
  }
  SECTION("or it is revoked") {
    REQUIRE(world.Revoke(invitation.id()).ok());
    for (const std::string& token : {first, second, third}) {
      CHECK(rpc::ReasonOf(world.LookUp(token).status()) == "INVITATION_REVOKED");
    }
  }
  SECTION("or it is sent again") {
    REQUIRE(world.Resend(invitation.id()).ok());
    for (const std::string& token : {first, second, third}) {
      CHECK(absl::IsNotFound(world.LookUp(token).status()));
      CHECK(absl::IsNotFound(world.Redeem(invitation.id(), token, "apt_1").status()));
    }
    CHECK(world.LookUp(world.DeliverToken()).ok());
  }
  SECTION("or the address changes") {
    REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
    for (const std::string& token : {first, second, third}) {
      CHECK(rpc::ReasonOf(world.LookUp(token).status()) == "INVITATION_REVOKED");
      CHECK_FALSE(world.Redeem(invitation.id(), token, "apt_1").ok());
    }
  }
  SECTION("or its time is over") {
    world.clock.Advance(8 * kDay);
    for (const std::string& token : {first, second, third}) {
      CHECK(rpc::ReasonOf(world.LookUp(token).status()) == "INVITATION_EXPIRED");
    }
  }
  SECTION("or the contact is erased") {
    portico::contact::v1::ContactErased erased;
    *erased.mutable_contact() = world.John("");
    erased.mutable_contact()->mutable_unlink_time()->set_seconds(1);
    REQUIRE(world.FromContact({world.Told(erased)}).ok());
    for (const std::string& token : {first, second, third}) {
      CHECK(absl::IsNotFound(world.LookUp(token).status()));
    }
    CHECK(world.Count("select count(*) from invitation_token") == 0);
  }
}

TEST_CASE("Nobody is reminded of what is over or must not be mailed", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 7});
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  SECTION("accepted") {
    REQUIRE(world.Redeem(invitation.id(), token, "apt_1").ok());
    CHECK_FALSE(world.Get(invitation.id()).has_next_reminder_time());
  }
  SECTION("revoked") { REQUIRE(world.Revoke(invitation.id()).ok()); }
  SECTION("suppressed") { REQUIRE(Suppress(world)); }
  SECTION("a portal user by another way") {
    REQUIRE(world.FromRegistration({world.Joined(kContactId, "usr_1")}).ok());
  }
  SECTION("another address") {
    REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
  }
  SECTION("account not active") {
    world.peers.ChangeAccounts([](auto& answer) {
      answer.mutable_accounts(0)->set_status(portico::account::v1::ACCOUNT_STATUS_SUSPENDED);
    });
  }
  SECTION("handed over since") { REQUIRE(world.CreateLink().ok()); }
  world.clock.Advance(3 * kDay);
  CHECK(Remind(world) == 0);
  world.clock.Advance(4 * kDay);
  CHECK(Remind(world) == 0);
}

TEST_CASE("A reminder that bounces ends the reminders", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 7});
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.clock.Advance(3 * kDay);
  world.sink.ReplyOnce(testing::SmtpStage::kRecipient, "550 5.1.1 nobody here");
  CHECK(Remind(world) == 0);
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_BOUNCED);
  CHECK_FALSE(world.Get(invitation.id()).has_next_reminder_time());
  world.clock.Advance(4 * kDay);
  CHECK(Remind(world) == 0);
}

TEST_CASE("Who may be invited again is reminded by the next one", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 7});
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.peers.ChangeAccounts([](auto& answer) {
    answer.mutable_accounts(0)->set_status(portico::account::v1::ACCOUNT_STATUS_SUSPENDED);
  });
  world.clock.Advance(3 * kDay);
  CHECK(Remind(world) == 0);
  CHECK(world.Get(invitation.id()).reminder_count() == 1);
  world.peers.ChangeAccounts([](auto&) {});
  world.clock.Advance(4 * kDay);
  CHECK(Remind(world) == 1);
}

TEST_CASE("Reminders count from when the first mail was sent", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 7});
  const Invitation invitation = world.Invite();
  world.clock.Advance(2 * kDay - absl::Hours(1));
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  world.clock.Advance(1 * kDay + absl::Hours(1));
  CHECK(Remind(world) == 0);
  CHECK(world.Get(invitation.id()).next_reminder_time().seconds() ==
        world.Get(invitation.id()).send_time().seconds() + 3 * 24 * 3600);
  world.clock.Advance(2 * kDay - absl::Hours(1));
  CHECK(Remind(world) == 1);
}

TEST_CASE("A mail that has not gone out is not reminded of", "[reminder]") {
  TestWorld world;
  Schedule(world, {1, 2});
  const Invitation invitation = world.Invite();
  world.clock.Advance(kDay);
  while (world.reminders.RunOnce() == absl::ZeroDuration()) {
  }
  CHECK(world.Messages().size() == 1);
  world.Deliver();
  CHECK(Remind(world) == 0);
  world.clock.Advance(kDay);
  CHECK(Remind(world) == 1);
  // The next one waits for the one before.
  world.clock.Advance(kDay);
  REQUIRE(world.reminders.RunOnce() == absl::ZeroDuration());
  CHECK(world.Get(invitation.id()).reminder_count() == 2);
}

TEST_CASE("After a long standstill one reminder goes out, not all at once", "[reminder]") {
  TestWorld world;
  Schedule(world, {1, 2, 3, 10});
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.clock.Advance(5 * kDay);
  CHECK(Remind(world) == 1);
  CHECK(world.Get(invitation.id()).reminder_count() == 3);
  world.clock.Advance(5 * kDay);
  CHECK(Remind(world) == 1);
}

TEST_CASE("None is planned for when the invitation is over", "[reminder]") {
  TestWorld world;
  Schedule(world, {3, 14, 20});
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.clock.Advance(3 * kDay);
  CHECK(Remind(world) == 1);
  CHECK_FALSE(world.Get(invitation.id()).has_next_reminder_time());
}

TEST_CASE("A changed schedule counts for what is sent from then on", "[reminder]") {
  TestWorld world;
  Schedule(world, {3});
  const Invitation invitation = world.Invite();
  world.Deliver();
  Schedule(world, {5});
  world.clock.Advance(3 * kDay);
  CHECK(Remind(world) == 1);
  const absl::StatusOr<Invitation> resent = world.Resend(invitation.id());
  REQUIRE(resent.ok());
  CHECK(resent->reminder_count() == 0);
  CHECK(resent->reminder_schedule(0).seconds() == 5 * 24 * 3600);
  world.Deliver();
  world.clock.Advance(3 * kDay);
  CHECK(Remind(world) == 0);
  world.clock.Advance(2 * kDay);
  CHECK(Remind(world) == 1);
}

TEST_CASE("Without the account service reminders wait", "[reminder]") {
  TestWorld world;
  Schedule(world, {3});
  world.Invite();
  world.Deliver();
  world.clock.Advance(3 * kDay);
  world.peers.FailAccounts(absl::UnavailableError("away"));
  CHECK(Remind(world) == 0);
  world.peers.FailAccounts(absl::OkStatus());
  CHECK(Remind(world) == 1);
}

TEST_CASE("Two processes that remind at once mail one reminder", "[reminder]") {
  TestWorld world;
  Schedule(world, {3});
  world.Invite();
  world.Deliver();
  world.clock.Advance(3 * kDay);
  Reminders other(*world.database, world.stores, world.inviter, world.facts, world.clock);
  std::thread first([&] { world.reminders.RunOnce(); });
  std::thread second([&] { other.RunOnce(); });
  first.join();
  second.join();
  CHECK(Remind(world) == 1);
}

}  // namespace
}  // namespace portico::invitation
