#include "services/registration/contact_events.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/rpc/errors.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

// Tells that the contact is, or now is, of this site, with portal access or without.
template <class Event>
Event Told(const std::string& contact_id, const std::string& site_id, bool enabled) {
  Event event;
  event.mutable_contact()->set_id(contact_id);
  event.mutable_contact()->set_site_id(site_id);
  event.mutable_contact()->set_portal_access_enabled(enabled);
  return event;
}
constexpr auto Created = Told<contact::v1::ContactCreated>;
constexpr auto Updated = Told<contact::v1::ContactUpdated>;

absl::Status Preview(Browser& browser, const std::string& token) {
  v1::PreviewInvitationRequest request;
  request.set_token(token);
  return browser.Call<v1::PreviewInvitationResponse>(request).status();
}

// Gives the only portal user a second membership, as accepting by signing in would.
void AddMembership(TestRegistration& registration, const std::string& contact_id) {
  const auto user = registration.database->Read([](storage::Session& session) {
    return session.SelectOne<std::string>("select id from portal_user");
  });
  v1::Membership membership;
  membership.set_contact_id(contact_id);
  membership.set_account_id("acc_pool");
  membership.set_all_sites(true);
  REQUIRE(registration.database
              ->Write([&](storage::Session& session) {
                return registration.portal_users().InsertMembership(
                    session, std::get<0>(user.value().value()), membership);
              })
              .ok());
}

}  // namespace

TEST_CASE("A membership sees the present site of its contact", "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  registration.Hear(Updated(kContact, "sit_1", true));
  registration.Hear(Updated(kContact, "sit_2", true));
  v1::Membership membership = registration.Me(browser)->memberships(0);
  CHECK_FALSE(membership.all_sites());
  REQUIRE(membership.site_ids_size() == 1);
  CHECK(membership.site_ids(0) == "sit_2");

  registration.Hear(Updated(kContact, "", true));
  registration.Hear(Updated("con_no_portal_user", "sit_1", true));
  membership = registration.Me(browser)->memberships(0);
  CHECK(membership.all_sites());
  CHECK(membership.site_ids_size() == 0);
}

TEST_CASE("A site that was told before the acceptance is not lost", "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  // The invitation service still knows the contact as one of all sites.
  const std::string token = registration.invitations.Invite(kContact, "");
  SECTION("as the contact was made") { registration.Hear(Created(kContact, "sit_1", true)); }
  SECTION("as it was moved") {
    registration.Hear(Created(kContact, "", true));
    registration.Hear(Updated(kContact, "sit_1", true));
  }
  REQUIRE(registration.Accept(browser, token).ok());
  const auto me = registration.Me(browser);
  CHECK_FALSE(me->memberships(0).all_sites());
  REQUIRE(me->memberships(0).site_ids_size() == 1);
  CHECK(me->memberships(0).site_ids(0) == "sit_1");

  // And it is what others are told.
  v1::MembershipCreated created;
  REQUIRE(registration.events().ReadAfter(0, {}, 1)->events(0).data().UnpackTo(&created));
  CHECK_FALSE(created.membership().all_sites());
}

TEST_CASE("Without portal access an invitation cannot be accepted, nor is it used up",
          "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kContact);
  registration.Hear(Created(kContact, "", true));
  registration.Hear(Updated(kContact, "", false));
  for (const absl::Status& status :
       {Preview(browser, token), registration.Accept(browser, token).status()}) {
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(rpc::ReasonOf(status) == "INVITATION_REVOKED");
  }
  CHECK(registration.Count("select count(*) from acceptance") == 0);

  registration.Hear(Updated(kContact, "", true));
  CHECK(registration.Accept(browser, token).ok());
}

TEST_CASE("Access that is switched off while the invitation is redeemed makes no portal user",
          "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kContact);
  // The acceptance is stored and its invitation taken, but the answer was lost.
  registration.invitations.FailRedemptionsAfter(absl::UnavailableError("away"));
  CHECK_FALSE(registration.Accept(browser, token).ok());
  registration.invitations.FailRedemptionsAfter(absl::OkStatus());
  registration.Hear(Updated(kContact, "", false));

  SECTION("when the browser retries") {
    CHECK(rpc::ReasonOf(registration.Accept(browser, token).status()) == "INVITATION_REVOKED");
  }
  SECTION("when the sweep finishes it") {
    registration.clock.Advance(absl::Minutes(2));
    registration.sweep().Step();
  }
  CHECK(registration.Count("select count(*) from portal_user") == 0);
  CHECK(registration.Count("select count(*) from acceptance") == 0);
  CHECK(registration.events().LastPosition().value() == 0);
  CHECK_FALSE(registration.SignIn(browser).ok());
}

TEST_CASE("Who loses portal access is signed out, and signs in again when it is back",
          "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  Browser other = registration.SignedUp("con_jane", "jane");
  registration.Hear(Updated(kContact, "", false));
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
  CHECK(registration.Count("select count(*) from portal_session") == 1);
  CHECK(rpc::ReasonOf(registration.SignIn(browser).status()) == "WRONG_CREDENTIALS");
  CHECK(registration.Me(other).ok());

  registration.Hear(Updated(kContact, "", true));
  REQUIRE(registration.SignIn(browser).ok());
  CHECK(registration.Me(browser)->memberships_size() == 1);
}

TEST_CASE("A used link signs nobody in who has lost portal access", "[contact_events]") {
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  Browser browser = registration.NewBrowser();
  REQUIRE(registration.Accept(browser, token).ok());
  registration.Hear(Updated(kContact, "", false));
  CHECK(rpc::ReasonOf(registration.Accept(browser, token).status()) == "INVITATION_ACCEPTED");
  CHECK(registration.Count("select count(*) from portal_session") == 0);
}

TEST_CASE("Who has another membership sees that one only, and stays signed in",
          "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  AddMembership(registration, "con_pool");
  registration.Hear(Updated(kContact, "", false));
  auto me = registration.Me(browser);
  REQUIRE(me.ok());
  REQUIRE(me->memberships_size() == 1);
  CHECK(me->memberships(0).contact_id() == "con_pool");

  registration.Hear(Updated("con_pool", "", false));
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
}

}  // namespace portico::registration
