// An acceptance that is interrupted anywhere is finished by a retry or by the sweep.
#include <catch2/catch.hpp>
#include <string>

#include "libs/rpc/errors.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

constexpr char kUsers[] = "select count(*) from portal_user";
constexpr char kPending[] = "select count(*) from acceptance where portal_user_id is null";

const absl::Status kAway = absl::UnavailableError("away");

// Ends the process while an acceptance is pending: before its invitation was
// taken, or after.
std::string InterruptedAcceptance(TestRegistration& registration, bool redeemed) {
  const std::string token = registration.invitations.Invite(kContact);
  if (redeemed) {
    registration.invitations.FailRedemptionsAfter(kAway);
  } else {
    registration.invitations.FailRedemptionsBefore(kAway);
  }
  Browser browser = registration.NewBrowser();
  CHECK(absl::IsUnavailable(registration.Accept(browser, token).status()));
  CHECK(browser.session.empty());
  registration.Restart();
  CHECK(registration.Count(kUsers) == 0);
  CHECK(registration.Count(kPending) == 1);
  return token;
}

void InvitationsAreBack(TestRegistration& registration) {
  registration.invitations.FailRedemptionsBefore(absl::OkStatus());
  registration.invitations.FailRedemptionsAfter(absl::OkStatus());
}

}  // namespace

TEST_CASE("A retry finishes an interrupted acceptance", "[acceptance]") {
  const bool redeemed = GENERATE(false, true);
  TestRegistration registration;
  const std::string token = InterruptedAcceptance(registration, redeemed);
  InvitationsAreBack(registration);

  Browser browser = registration.NewBrowser();
  REQUIRE(registration.Accept(browser, token).ok());
  CHECK(registration.Me(browser).ok());
  CHECK(registration.Count(kUsers) == 1);
  CHECK(registration.Count(kPending) == 0);
  CHECK(registration.events().LastPosition().value() == 1);
}

TEST_CASE("A retry with another user ID and password replaces them", "[acceptance]") {
  const bool redeemed = GENERATE(false, true);
  TestRegistration registration;
  const std::string token = InterruptedAcceptance(registration, redeemed);
  InvitationsAreBack(registration);

  Browser browser = registration.NewBrowser();
  REQUIRE(registration.Accept(browser, token, "johnny", "a second heap of leaves").ok());
  CHECK(registration.Me(browser)->portal_user().user_id() == "johnny");
  CHECK(registration.SignIn(browser, "johnny", "a second heap of leaves").ok());
  // The first user ID is free again.
  registration.SignedUp("con_other", kUserId);
}

TEST_CASE("The sweep finishes an interrupted acceptance", "[acceptance]") {
  const bool redeemed = GENERATE(false, true);
  TestRegistration registration;
  const std::string token = InterruptedAcceptance(registration, redeemed);
  InvitationsAreBack(registration);

  registration.sweep().Step();
  CHECK(registration.Count(kPending) == 1);  // Its request may still be under way.

  registration.clock.Advance(absl::Minutes(2));
  registration.sweep().Step();
  CHECK(registration.Count(kPending) == 0);
  Browser browser = registration.NewBrowser();
  CHECK(registration.SignIn(browser).ok());
  CHECK(registration.Me(browser)->memberships_size() == 1);
  CHECK(registration.events().LastPosition().value() == 1);

  // And who comes back with the link finds everything done.
  CHECK(registration.Accept(browser, token).ok());
  CHECK(registration.Count(kUsers) == 1);
}

TEST_CASE("A clock set back holds up no interrupted acceptance", "[acceptance]") {
  TestRegistration registration;
  registration.clock.Advance(absl::Hours(1));
  InterruptedAcceptance(registration, /*redeemed=*/true);
  InvitationsAreBack(registration);
  registration.clock.Advance(-absl::Hours(1));
  registration.sweep().Step();
  CHECK(registration.Count(kPending) == 0);
  CHECK(registration.Count(kUsers) == 1);
}

TEST_CASE("The sweep keeps a pending acceptance for as long as the invitations are away",
          "[acceptance]") {
  TestRegistration registration;
  InterruptedAcceptance(registration, false);
  for (int day = 0; day < 3; ++day) {
    registration.clock.Advance(absl::Hours(24));
    CHECK(registration.sweep().Step() > absl::ZeroDuration());
    CHECK(registration.Count(kPending) == 1);
  }
  InvitationsAreBack(registration);
  registration.clock.Advance(absl::Minutes(2));
  registration.sweep().Step();
  Browser browser = registration.NewBrowser();
  CHECK(registration.SignIn(browser).ok());
}

TEST_CASE("The sweep drops a pending acceptance whose invitation is refused", "[acceptance]") {
  TestRegistration registration;
  const std::string token = InterruptedAcceptance(registration, false);
  InvitationsAreBack(registration);
  registration.invitations.End(token, "INVITATION_REVOKED");

  registration.clock.Advance(absl::Minutes(2));
  registration.sweep().Step();
  CHECK(registration.Count("select count(*) from acceptance") == 0);
  CHECK(registration.Count(kUsers) == 0);
  registration.SignedUp("con_other", kUserId);  // The user ID is free again.
}

TEST_CASE("A retry is told why its invitation is refused", "[acceptance]") {
  TestRegistration registration;
  const std::string token = InterruptedAcceptance(registration, false);
  InvitationsAreBack(registration);
  registration.invitations.End(token, "INVITATION_EXPIRED");

  Browser browser = registration.NewBrowser();
  CHECK(rpc::ReasonOf(registration.Accept(browser, token).status()) == "INVITATION_EXPIRED");
  CHECK(registration.Count("select count(*) from acceptance") == 0);
}

TEST_CASE("A pending acceptance holds its user ID", "[acceptance]") {
  TestRegistration registration;
  InterruptedAcceptance(registration, false);
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite("con_other");
  CHECK(rpc::ReasonOf(registration.Accept(browser, token).status()) == "USER_ID_TAKEN");
}

TEST_CASE("An acceptance that always fails holds up no other", "[acceptance]") {
  TestRegistration registration;
  InterruptedAcceptance(registration, false);
  registration.clock.Advance(absl::Seconds(1));
  Browser browser = registration.NewBrowser();
  const std::string other = registration.invitations.Invite("con_other");
  CHECK_FALSE(registration.Accept(browser, other, "johnny").ok());

  // The first fails again, and the step ends there; the second's turn comes next.
  registration.clock.Advance(absl::Minutes(2));
  registration.sweep().Step();
  InvitationsAreBack(registration);
  registration.sweep().Step();
  CHECK(registration.SignIn(browser, "johnny").ok());
  CHECK(registration.Count(kPending) == 1);
}

TEST_CASE("While invitations cannot be checked, nobody can accept one", "[acceptance]") {
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  registration.invitations.FailLookUps(kAway);
  Browser browser = registration.NewBrowser();
  CHECK(absl::IsUnavailable(registration.Accept(browser, token).status()));
  CHECK(registration.Count("select count(*) from acceptance") == 0);
  registration.invitations.FailLookUps(absl::OkStatus());
  CHECK(registration.Accept(browser, token).ok());
}

}  // namespace portico::registration
