#include <catch2/catch.hpp>
#include <string>

#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

absl::StatusOr<v1::ListSessionsResponse> List(Browser& browser) {
  return browser.Call<v1::ListSessionsResponse>(v1::ListSessionsRequest());
}

absl::Status End(Browser& browser, const std::string& id) {
  v1::EndSessionRequest request;
  request.set_id(id);
  return browser.Call<v1::EndSessionResponse>(request).status();
}

absl::Status SignOut(Browser& browser) {
  return browser.Call<v1::SignOutResponse>(v1::SignOutRequest()).status();
}

}  // namespace

TEST_CASE("Without a session a portal user's calls are unauthenticated", "[session]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  for (const char* token : {"", "no token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    browser.session = token;
    CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
    CHECK(absl::IsUnauthenticated(List(browser).status()));
    CHECK(absl::IsUnauthenticated(End(browser, "ses_1")));
  }
}

TEST_CASE("A session ends when it was not used for two hours", "[session]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  for (int i = 0; i < 5; ++i) {
    registration.clock.Advance(absl::Hours(2) - absl::Seconds(1));
    REQUIRE(registration.Me(browser).ok());
  }
  registration.clock.Advance(absl::Hours(2));
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
}

TEST_CASE("A session ends after a day, however much it is used", "[session]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  for (int hour = 1; hour < 24; ++hour) {
    registration.clock.Advance(absl::Hours(1));
    REQUIRE(registration.Me(browser).ok());
  }
  registration.clock.Advance(absl::Hours(1));
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
}

TEST_CASE("A session's use is written once a minute", "[session]") {
  TestRegistration registration;
  if (!registration.database.is_sqlite()) return;  // Elsewhere events are placed by writes, too.
  Browser browser = registration.SignedUp();
  const auto writes = [&] { return registration.database->stats().works; };
  const auto before = writes();
  registration.clock.Advance(absl::Seconds(59));
  for (int i = 0; i < 3; ++i) REQUIRE(registration.Me(browser).ok());
  CHECK(writes() == before);
  registration.clock.Advance(absl::Seconds(1));
  for (int i = 0; i < 3; ++i) REQUIRE(registration.Me(browser).ok());
  CHECK(writes() == before + 1);
}

TEST_CASE("A session outlives a restart", "[session]") {
  TestRegistration registration;
  const std::string session = registration.SignedUp().session;
  registration.Restart();
  Browser browser = registration.NewBrowser();
  browser.session = session;
  CHECK(registration.Me(browser).ok());
}

TEST_CASE("A disabled portal user's sessions are over", "[session]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  REQUIRE(registration.database
              ->Write([](storage::Session& session) {
                return session.Execute("update portal_user set disabled = 1").status();
              })
              .ok());
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
}

TEST_CASE("Signing out ends the session and takes it from the browser", "[session]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  const std::string session = browser.session;
  REQUIRE(SignOut(browser).ok());
  CHECK(browser.session.empty());
  browser.session = session;
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
}

TEST_CASE("Signing out twice, or without a session, is no error", "[session]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  CHECK(SignOut(browser).ok());
  browser.session = registration.SignedUp().session;
  const std::string session = browser.session;
  CHECK(SignOut(browser).ok());
  browser.session = session;
  CHECK(SignOut(browser).ok());
  CHECK(browser.session.empty());
}

TEST_CASE("A portal user's live sessions are listed, the latest first", "[session]") {
  TestRegistration registration;
  registration.SignedUp("con_other", "other");
  Browser first = registration.SignedUp();
  registration.clock.Advance(absl::Minutes(90));
  Browser second = registration.NewBrowser();
  REQUIRE(registration.SignIn(second).ok());

  const auto both = List(second);
  REQUIRE(both.ok());
  REQUIRE(both->sessions_size() == 2);
  CHECK(both->sessions(0).current());
  CHECK_FALSE(both->sessions(1).current());
  CHECK(both->sessions(0).create_time().seconds() ==
        both->sessions(1).create_time().seconds() + 90 * 60);
  CHECK(both->sessions(0).expire_time().seconds() ==
        both->sessions(0).create_time().seconds() + 24 * 3600);
  CHECK(both->sessions(1).last_use_time().seconds() == both->sessions(1).create_time().seconds());

  registration.clock.Advance(absl::Minutes(30));  // The first was idle for too long.
  CHECK(List(second)->sessions_size() == 1);
}

TEST_CASE("One session of one's own can be ended", "[session]") {
  TestRegistration registration;
  Browser first = registration.SignedUp();
  Browser second = registration.NewBrowser();
  registration.clock.Advance(absl::Seconds(1));
  REQUIRE(registration.SignIn(second).ok());
  const std::string first_id = List(second)->sessions(1).id();

  CHECK(End(second, first_id).ok());
  CHECK(absl::IsUnauthenticated(registration.Me(first).status()));
  CHECK(registration.Me(second).ok());
  CHECK(absl::IsNotFound(End(second, first_id)));

  CHECK(End(second, List(second)->sessions(0).id()).ok());
  CHECK(second.session.empty());
}

TEST_CASE("The session of another portal user is not found", "[session]") {
  TestRegistration registration;
  Browser john = registration.SignedUp("con_john", "john");
  Browser jane = registration.SignedUp("con_jane", "jane");
  CHECK(absl::IsNotFound(End(jane, List(john)->sessions(0).id())));
  CHECK(registration.Me(john).ok());
}

TEST_CASE("Sessions that are over are deleted, live ones are not", "[session]") {
  TestRegistration registration;
  registration.SignedUp("con_john", "john");
  registration.clock.Advance(absl::Minutes(90));
  Browser jane = registration.SignedUp("con_jane", "jane");
  registration.clock.Advance(absl::Minutes(30));
  registration.purge().Step();
  CHECK(registration.Count("select count(*) from portal_session") == 1);
  CHECK(registration.Me(jane).ok());
}

}  // namespace portico::registration
