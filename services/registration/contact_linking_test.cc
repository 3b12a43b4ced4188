// What becomes of the memberships of contacts that are unlinked, merged and erased.
#include <catch2/catch.hpp>
#include <string>

#include "libs/events/erasure.h"
#include "libs/rpc/errors.h"
#include "portico/account/v1/account_events.pb.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

constexpr char kTwin[] = "con_twin";

// A version of a contact; the versions of one rise.
contact::v1::Contact Version(const std::string& id, int64_t version) {
  contact::v1::Contact contact;
  contact.set_id(id);
  contact.set_portal_access_enabled(true);
  contact.mutable_update_time()->set_seconds(version);
  return contact;
}

contact::v1::ContactUpdated Updated(const contact::v1::Contact& contact) {
  contact::v1::ContactUpdated event;
  *event.mutable_contact() = contact;
  return event;
}

contact::v1::ContactsMerged Merged(const contact::v1::Contact& winner, const std::string& loser) {
  contact::v1::ContactsMerged event;
  *event.mutable_winner() = winner;
  event.mutable_loser()->set_id(loser);
  return event;
}

}  // namespace

TEST_CASE("Whose contact is unlinked is signed out for good", "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  contact::v1::ContactUnlinked unlinked;
  *unlinked.mutable_contact() = Version(kContact, 2);
  unlinked.mutable_contact()->mutable_unlink_time()->set_seconds(2);
  registration.Hear(unlinked);
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
  CHECK_FALSE(registration.SignIn(browser).ok());
  // What was told before that comes later, by another way.
  registration.Hear(Updated(Version(kContact, 1)));
  CHECK_FALSE(registration.SignIn(browser).ok());
}

TEST_CASE("A membership sees the chosen sites of its contact", "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  contact::v1::Contact john = Version(kContact, 1);
  john.add_portal_site_ids("sit_1");
  john.add_portal_site_ids("sit_2");
  registration.Hear(Updated(john));
  const v1::Membership membership = registration.Me(browser)->memberships(0);
  CHECK_FALSE(membership.all_sites());
  CHECK(membership.site_ids_size() == 2);
}

TEST_CASE("After a merge both portal users see what the winner may see", "[contact_events]") {
  TestRegistration registration;
  Browser john = registration.SignedUp();
  Browser twin = registration.SignedUp(kTwin, "twin");
  contact::v1::Contact winner = Version(kContact, 2);
  winner.add_portal_site_ids("sit_1");
  registration.Hear(Merged(winner, kTwin));
  for (Browser* browser : {&john, &twin}) {
    const auto me = registration.Me(*browser);
    REQUIRE(me.ok());
    REQUIRE(me->memberships_size() == 1);
    CHECK(me->memberships(0).contact_id() == kContact);
    REQUIRE(me->memberships(0).site_ids_size() == 1);
    CHECK(me->memberships(0).site_ids(0) == "sit_1");
  }
  contact::v1::Contact off = Version(kContact, 3);
  off.set_portal_access_enabled(false);
  registration.Hear(Updated(off));
  CHECK(absl::IsUnauthenticated(registration.Me(john).status()));
  CHECK(absl::IsUnauthenticated(registration.Me(twin).status()));
}

TEST_CASE("A snapshot tells that a contact is another name for one, whatever it says itself",
          "[contact_events]") {
  TestRegistration registration;
  Browser twin = registration.SignedUp(kTwin, "twin");
  contact::v1::Contact winner = Version(kContact, 2);
  winner.add_portal_site_ids("sit_1");
  contact::v1::Contact alias = Version(kTwin, 3);
  alias.set_merged_into_id(kContact);
  SECTION("before the contact that stayed") {
    registration.Hear(Updated(alias));
    registration.Hear(Updated(winner));
  }
  SECTION("after it") {
    registration.Hear(Updated(winner));
    registration.Hear(Updated(alias));
  }
  const auto me = registration.Me(twin);
  REQUIRE(me.ok());
  REQUIRE(me->memberships_size() == 1);
  REQUIRE(me->memberships(0).site_ids_size() == 1);
  CHECK(me->memberships(0).site_ids(0) == "sit_1");
  winner = Version(kContact, 4);
  winner.set_portal_access_enabled(false);
  registration.Hear(Updated(winner));
  CHECK(absl::IsUnauthenticated(registration.Me(twin).status()));
}

TEST_CASE("Who accepts an invitation while the contact is merged is a portal user of the winner",
          "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kTwin);
  registration.Hear(Merged(Version(kContact, 2), kTwin));
  REQUIRE(registration.Accept(browser, token).ok());
  REQUIRE(registration.Me(browser)->memberships_size() == 1);
  CHECK(registration.Me(browser)->memberships(0).contact_id() == kContact);
}

TEST_CASE("The memberships of an account that was merged are the other's", "[account_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  account::v1::AccountsMerged merged;
  merged.mutable_winner()->set_id("acc_winner");
  merged.mutable_winner()->set_display_name("Winner");
  merged.set_loser_id(registration.Me(browser)->memberships(0).account_id());
  registration.Hear(merged);
  CHECK(registration.Me(browser)->memberships(0).account_id() == "acc_winner");
  CHECK(registration.Me(browser)->memberships(0).account_name() == "Winner");
  // Whoever accepts an invitation that still names the old one joins the new one.
  Browser late = registration.SignedUp("con_late", "late");
  CHECK(registration.Me(late)->memberships(0).account_id() == "acc_winner");
}

TEST_CASE("A snapshot tells that an account was merged, into one that was merged since",
          "[account_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  account::v1::AccountsMerged later;
  later.mutable_winner()->set_id("acc_last");
  later.mutable_winner()->set_display_name("Last");
  later.set_loser_id("acc_winner");
  registration.Hear(later);
  account::v1::AccountUpdated loser;
  loser.mutable_account()->set_id(registration.Me(browser)->memberships(0).account_id());
  loser.mutable_account()->set_merged_into_id("acc_winner");
  registration.Hear(loser);
  CHECK(registration.Me(browser)->memberships(0).account_id() == "acc_last");
}

TEST_CASE("Erasing a contact erases its portal user, unless that is another contact too",
          "[contact_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  contact::v1::ContactErased erased;
  *erased.mutable_contact() = Version(kContact, 2);
  erased.mutable_contact()->mutable_unlink_time()->set_seconds(2);
  erased.mutable_contact()->mutable_erase_time()->set_seconds(2);
  registration.Hear(erased);
  CHECK(absl::IsUnauthenticated(registration.Me(browser).status()));
  CHECK(registration.Count("select count(*) from portal_user where email <> '' or "
                           "password_hash <> '' or user_id <> id") == 0);
  CHECK(registration.Count("select count(*) from acceptance where user_id not like 'usr_%'") == 0);
  REQUIRE(registration.events().LastPosition().ok());  // All events have their positions.
  events::Erasure erasure(*registration.database);
  while (erasure.RunOnce() == absl::ZeroDuration()) {
  }
  v1::MembershipCreated created;
  REQUIRE(registration.events().ReadAfter(0, {}, 1)->events(0).data().UnpackTo(&created));
  CHECK(created.portal_user().email().empty());
  CHECK(created.portal_user().user_id().empty());
  CHECK_FALSE(registration.SignIn(browser).ok());
}

}  // namespace portico::registration
