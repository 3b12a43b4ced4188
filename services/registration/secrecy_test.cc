// Nothing that proves who somebody is stays behind in the clear.
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "libs/log/log.h"
#include "services/registration/test_registration.h"

namespace portico::registration {

TEST_CASE("Neither the database nor the log holds a token or a password", "[secrecy]") {
  static std::ostringstream log;  // Other tests of this process log into it later.
  log::Init("registration", "trace", "text", log);
  std::vector<std::string> secrets{kPassword, "a heap of green leaves"};
  std::string database;
  {
    TestRegistration registration;
    secrets.push_back(registration.invitations.Invite(kContact));
    Browser browser = registration.NewBrowser();
    registration.invitations.FailRedemptionsAfter(absl::UnavailableError("away"));
    CHECK_FALSE(registration.Accept(browser, secrets.back()).ok());
    database += registration.database.Contents();  // While it is pending.
    registration.invitations.FailRedemptionsAfter(absl::OkStatus());
    REQUIRE(registration.Accept(browser, secrets.back()).ok());
    secrets.push_back(browser.session);
    REQUIRE(registration.SignIn(browser).ok());
    secrets.push_back(browser.session);
    // People type their password where the user ID belongs.
    CHECK_FALSE(registration.SignIn(browser, kPassword, "a heap of green leaves").ok());
    REQUIRE(registration.Me(browser).ok());
    database += registration.database.Contents();
  }
  CHECK(database.find(kUserId) != std::string::npos);  // The right bytes were read.
  CHECK(log.str().find("AcceptInvitation") != std::string::npos);
  for (const std::string& secret : secrets) {
    CHECK(database.find(secret) == std::string::npos);
    CHECK(log.str().find(secret) == std::string::npos);
  }
  CHECK(log.str().find(kUserId) == std::string::npos);
}

}  // namespace portico::registration
