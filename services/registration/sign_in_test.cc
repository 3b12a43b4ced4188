#include <absl/time/clock.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "libs/rpc/errors.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

constexpr char kWrong[] = "a heap of green leaves";

void FailToSignIn(TestRegistration& registration, int times, const std::string& user_id = kUserId) {
  Browser browser = registration.NewBrowser();
  for (int i = 0; i < times; ++i) {
    const absl::Status status = registration.SignIn(browser, user_id, kWrong).status();
    REQUIRE(rpc::ReasonOf(status) == "WRONG_CREDENTIALS");
  }
}

void Change(TestRegistration& registration, const std::string& user_id, const std::string& change) {
  REQUIRE(registration.database
              ->Write([&](storage::Session& session) {
                return session
                    .Execute("update portal_user set " + change + " where user_id = :user_id",
                             user_id)
                    .status();
              })
              .ok());
}

// Lets something happen when the time is next asked for.
class InterveningClock final : public Clock {
 public:
  explicit InterveningClock(const Clock& clock) : clock_(clock) {}
  void InterveneOnce(std::function<void()> intervention) {
    intervention_ = std::move(intervention);
  }
  absl::Time Now() const override {
    if (const auto intervention = std::exchange(intervention_, nullptr)) intervention();
    return clock_.Now();
  }

 private:
  const Clock& clock_;
  mutable std::function<void()> intervention_;
};

// The events that tell of locks.
std::vector<events::Event> Locks(TestRegistration& registration) {
  const auto batch = registration.events().ReadAfter(
      0, {std::string(v1::PortalUserLocked::descriptor()->full_name())}, 100);
  REQUIRE(batch.ok());
  return {batch->events().begin(), batch->events().end()};
}

// What a RetryInfo says.
absl::Duration RetryDelay(const absl::Status& status) {
  google::rpc::RetryInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(info.retry_delay().seconds()) +
         absl::Nanoseconds(info.retry_delay().nanos());
}

}  // namespace

TEST_CASE("The right password signs in, with the user ID in whatever case", "[sign_in]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  const std::string first = browser.session;
  const auto signed_in = registration.SignIn(browser, "john.doe@EXAMPLE.com");
  REQUIRE(signed_in.ok());
  CHECK(signed_in->portal_user().user_id() == kUserId);
  CHECK_FALSE(signed_in->must_change_password());
  CHECK(browser.session != first);
  CHECK(browser.session_max_age == "86400");
  CHECK(registration.Me(browser)->portal_user().id() == signed_in->portal_user().id());
}

TEST_CASE("A wrong password, an unknown, a disabled and a locked user get the same answer",
          "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  Browser browser = registration.NewBrowser();
  const absl::Status wrong = registration.SignIn(browser, kUserId, kWrong).status();
  CHECK(absl::IsUnauthenticated(wrong));
  CHECK(rpc::ReasonOf(wrong) == "WRONG_CREDENTIALS");
  CHECK(registration.SignIn(browser, "nobody", kPassword).status() == wrong);
  CHECK(registration.SignIn(browser, "no such form of an ID", kPassword).status() == wrong);

  FailToSignIn(registration, 9);
  CHECK(registration.SignIn(browser).status() == wrong);  // Locked.

  registration.clock.Advance(absl::Hours(1));
  REQUIRE(registration.SignIn(browser).ok());
  browser.session.clear();
  Change(registration, kUserId, "disabled = 1");
  CHECK(registration.SignIn(browser).status() == wrong);
  CHECK(browser.session.empty());
}

TEST_CASE("A wrong password, an unknown, a disabled and a locked user cost the same hash",
          "[sign_in]") {
  TestRegistration registration;
  for (const char* name : {"john", "locked", "disabled"}) {
    registration.SignedUp("con_" + std::string(name), name);
  }
  FailToSignIn(registration, 10, "locked");
  Change(registration, "disabled", "disabled = 1");

  // No password can be hashed now, so who is answered without that is told by the answer.
  registration.hashing.threads = 0;
  registration.hashing.queue = 0;
  registration.Restart();
  Browser browser = registration.NewBrowser();
  for (const char* user_id : {"john", "nobody", "locked", "disabled"}) {
    INFO(user_id);
    CHECK(absl::IsResourceExhausted(registration.SignIn(browser, user_id, kWrong).status()));
  }
  // A password that nobody checked is no failure.
  CHECK(registration.Count("select count(*) from sign_in_failure where failures < 10") == 0);
}

TEST_CASE("Who finds too many passwords being checked is told when to come again", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  registration.hashing.threads = 0;
  registration.hashing.queue = 0;
  registration.Restart();
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite("con_other");
  for (const absl::Status& status : {registration.SignIn(browser).status(),
                                     registration.Accept(browser, token, "other").status()}) {
    CHECK(absl::IsResourceExhausted(status));
    CHECK(RetryDelay(status) == absl::Seconds(2));
  }
  CHECK(registration.Count("select count(*) from acceptance where user_id = 'other'") == 0);
}

TEST_CASE("A password is not checked for whom waits no longer", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  const absl::Time past = SteadyClock().Now() - absl::Seconds(1);
  for (const char* user_id : {kUserId, "nobody"}) {
    CHECK(absl::IsDeadlineExceeded(
        registration.authenticator().SignIn(user_id, Secret(kPassword), past).status()));
  }
}

TEST_CASE("Who is disabled or gets another password while the old one is checked is not signed in",
          "[sign_in]") {
  const std::string change = GENERATE("disabled = 1", "password_hash = 'another'");
  TestRegistration registration;
  registration.SignedUp();
  InterveningClock clock(registration.clock);
  SessionStore sessions(*registration.database, clock, SessionLifetimes());
  LockoutStore lockouts(*registration.database, registration.clock, LockoutPolicy());
  auth::PasswordHasher hasher(registration.hashing);
  Authenticator authenticator(*registration.database, registration.events(),
                              registration.portal_users(), sessions, lockouts, hasher);

  const Secret password(kPassword);
  REQUIRE(authenticator.SignIn(kUserId, password, absl::InfiniteFuture()).ok());
  // A session is made once the password is found right.
  clock.InterveneOnce([&] { Change(registration, kUserId, change); });
  const absl::Status status =
      authenticator.SignIn(kUserId, password, absl::InfiniteFuture()).status();
  CHECK(rpc::ReasonOf(status) == "WRONG_CREDENTIALS");
  CHECK(registration.Count("select count(*) from portal_session") == 2);
}

TEST_CASE("Ten failures in a row lock a user for a quarter of an hour", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  Browser browser = registration.NewBrowser();
  FailToSignIn(registration, 9);
  CHECK(registration.SignIn(browser).ok());  // And the count starts anew.
  FailToSignIn(registration, 9);
  CHECK(registration.SignIn(browser).ok());
  FailToSignIn(registration, 10);
  CHECK_FALSE(registration.SignIn(browser).ok());
  registration.clock.Advance(absl::Minutes(15) - absl::Seconds(1));
  CHECK_FALSE(registration.SignIn(browser).ok());
  registration.clock.Advance(absl::Seconds(1));
  CHECK(registration.SignIn(browser).ok());
}

TEST_CASE("A lock is published once, and no other failure is", "[sign_in]") {
  TestRegistration registration;
  Browser john = registration.SignedUp();
  const auto me = registration.Me(john);
  REQUIRE(me.ok());
  FailToSignIn(registration, 9, "JOHN.DOE@example.com");
  CHECK(Locks(registration).empty());
  FailToSignIn(registration, 3);
  std::vector<events::Event> locks = Locks(registration);
  REQUIRE(locks.size() == 1);
  CHECK(locks[0].subject() == me->portal_user().id());
  CHECK(locks[0].partition() == me->memberships(0).account_id());
  v1::PortalUserLocked locked;
  REQUIRE(locks[0].data().UnpackTo(&locked));
  CHECK(locked.portal_user_id() == me->portal_user().id());
  REQUIRE(locked.contact_ids_size() == 1);
  CHECK(locked.contact_ids(0) == kContact);
  CHECK(locked.unlock_time().seconds() ==
        absl::ToUnixSeconds(registration.clock.Now() + absl::Minutes(15)));

  registration.clock.Advance(absl::Minutes(15));
  FailToSignIn(registration, 10);
  CHECK(Locks(registration).size() == 2);
}

TEST_CASE("A lock tells of all contacts that the portal user is, by account", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  // Two more of the same person, one of them in another account, and one merged into the first.
  const absl::Status joined =
      registration.database->Write([&](storage::Session& session) -> absl::Status {
        const auto user = registration.portal_users().FindByUserId(session, kUserId);
        if (!user.ok()) return user.status();
        for (const auto& [contact_id, account_id] :
             {std::pair("con_a", "acc_other"), std::pair("con_b", "acc_other"),
              std::pair("con_twin", "acc_other")}) {
          v1::Membership membership;
          membership.set_contact_id(contact_id);
          membership.set_account_id(account_id);
          const absl::Status inserted =
              registration.portal_users().InsertMembership(session, (*user)->user.id(), membership);
          if (!inserted.ok()) return inserted;
        }
        return ContactAccessStore().Merge(session, "con_twin", "con_b");
      });
  REQUIRE(joined.ok());
  FailToSignIn(registration, 10);
  std::vector<std::string> told;
  for (const events::Event& event : Locks(registration)) {
    v1::PortalUserLocked locked;
    REQUIRE(event.data().UnpackTo(&locked));
    std::string text = event.partition() + ":";
    for (const std::string& id : locked.contact_ids()) text += " " + id;
    told.push_back(text);
  }
  std::sort(told.begin(), told.end());
  REQUIRE(told.size() == 2);
  CHECK(told[0] != told[1]);
  CHECK(std::count(told.begin(), told.end(), "acc_other: con_a con_b") == 1);
}

TEST_CASE("A lock of a user ID that nobody has tells nobody, and counts alike", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  FailToSignIn(registration, 12, "nobody");
  CHECK(Locks(registration).empty());
  CHECK(registration.Count("select failures from sign_in_failure") == 10);
}

TEST_CASE("Attempts on a locked user do not prolong the lock", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  FailToSignIn(registration, 10);
  registration.clock.Advance(absl::Minutes(14));
  FailToSignIn(registration, 5);
  registration.clock.Advance(absl::Minutes(1));
  Browser browser = registration.NewBrowser();
  CHECK(registration.SignIn(browser).ok());
}

TEST_CASE("After a lock there are ten more attempts", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  FailToSignIn(registration, 10);
  registration.clock.Advance(absl::Minutes(15));
  FailToSignIn(registration, 9);
  Browser browser = registration.NewBrowser();
  CHECK(registration.SignIn(browser).ok());
}

TEST_CASE("A clock set back prolongs no lock", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  registration.clock.Advance(absl::Hours(1));
  FailToSignIn(registration, 10);
  registration.clock.Advance(-absl::Hours(1));
  Browser browser = registration.NewBrowser();
  CHECK(registration.SignIn(browser).ok());
  FailToSignIn(registration, 10);
  CHECK_FALSE(registration.SignIn(browser).ok());
}

TEST_CASE("A lock outlives a restart", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  FailToSignIn(registration, 10);
  registration.Restart();
  Browser browser = registration.NewBrowser();
  CHECK_FALSE(registration.SignIn(browser).ok());
}

TEST_CASE("The lock of one user ID is no other's", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp("con_john", "john");
  registration.SignedUp("con_jane", "jane");
  FailToSignIn(registration, 10, "john");
  Browser browser = registration.NewBrowser();
  CHECK(registration.SignIn(browser, "jane").ok());
}

TEST_CASE("Failures are counted alike for user IDs that nobody has", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  FailToSignIn(registration, 3, kUserId);
  FailToSignIn(registration, 3, "nobody");
  CHECK(registration.Count("select count(*) from sign_in_failure where failures = 3") == 2);

  // Both kinds are forgotten.
  registration.clock.Advance(absl::Minutes(15));
  registration.purge().Step();
  CHECK(registration.Count("select count(*) from sign_in_failure") == 0);
}

TEST_CASE("Failures made at once are all counted", "[sign_in]") {
  TestRegistration registration;
  registration.SignedUp();
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      Browser browser = registration.NewBrowser();
      registration.SignIn(browser, kUserId, kWrong).status().IgnoreError();
    });
  }
  for (std::thread& thread : threads) thread.join();
  Browser browser = registration.NewBrowser();
  CHECK_FALSE(registration.SignIn(browser).ok());
}

}  // namespace portico::registration
