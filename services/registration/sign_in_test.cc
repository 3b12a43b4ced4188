#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "libs/rpc/errors.h"
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

void Disable(TestRegistration& registration) {
  REQUIRE(registration.database
              ->Write([](storage::Session& session) {
                return session.Execute("update portal_user set disabled = 1").status();
              })
              .ok());
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
  Disable(registration);
  CHECK(registration.SignIn(browser).status() == wrong);
  CHECK(browser.session.empty());
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
