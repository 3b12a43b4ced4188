// What becomes of the invitations of contacts that are unlinked, merged and erased.
#include <catch2/catch.hpp>
#include <string>

#include "libs/events/erasure.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "portico/invitation/v1/invitation_events.pb.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using portico::contact::v1::Contact;
using portico::contact::v1::ContactCreated;
using portico::contact::v1::ContactErased;
using portico::contact::v1::ContactsMerged;
using portico::contact::v1::ContactUnlinked;
using namespace portico::invitation::v1;

constexpr char kTwinId[] = "con_twin";

struct World : TestWorld {
  Contact Twin() const {
    Contact twin = John("twin@example.com");
    twin.set_id(kTwinId);
    return twin;
  }

  // Invites John and his twin, who is the same person.
  void InviteBoth() {
    Invite();
    REQUIRE(FromContact({Created(Twin())}).ok());
    REQUIRE(Invitations(kTwinId).size() == 1);
    clock.Advance(absl::Seconds(1));
  }

  events::Event Erased() {
    ContactErased erased;
    erased.mutable_contact()->set_id(kContactId);
    erased.mutable_contact()->set_account_id(kAccountId);
    *erased.mutable_contact()->mutable_update_time() = John().update_time();
    *erased.mutable_contact()->mutable_unlink_time() = John().update_time();
    *erased.mutable_contact()->mutable_erase_time() = John().update_time();
    return Told(erased);
  }

  events::Event Merged() {
    ContactsMerged merged;
    *merged.mutable_winner() = John();
    *merged.mutable_loser() = Twin();
    return Told(merged);
  }
};

}  // namespace

TEST_CASE("The invitation of an unlinked contact is revoked, and its mail not sent",
          "[contact_events]") {
  World world;
  const Invitation invitation = world.Invite();
  world.clock.Advance(absl::Seconds(1));
  ContactUnlinked unlinked;
  *unlinked.mutable_contact() = world.John();
  *unlinked.mutable_contact()->mutable_unlink_time() = world.John().update_time();
  REQUIRE(world.FromContact({world.Told(unlinked)}).ok());
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_REVOKED);
  CHECK(world.Get(invitation.id()).revoke_reason() == kContactUnlinked);
  world.Deliver();
  CHECK(world.sink.mails().empty());
}

TEST_CASE("A merge ends the loser's invitation and leaves the winner's", "[contact_events]") {
  World world;
  world.InviteBoth();
  REQUIRE(world.FromContact({world.Merged()}).ok());
  CHECK(world.Invitations(kTwinId)[0].state() == INVITATION_STATE_REVOKED);
  CHECK(world.Invitations(kTwinId)[0].revoke_reason() == kContactMerged);
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_PENDING);
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("A snapshot tells that a contact was merged away", "[contact_events]") {
  World world;
  world.InviteBoth();
  Contact alias = world.Twin();
  alias.set_merged_into_id(kContactId);
  *alias.mutable_update_time() = world.John().update_time();
  REQUIRE(world.FromContact({world.Updated(alias)}).ok());
  CHECK(world.Invitations(kTwinId)[0].revoke_reason() == kContactMerged);
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_PENDING);
  REQUIRE(world.FromRegistration({world.Joined(kTwinId, "usr_twin")}).ok());
  CHECK(world.Count("select count(*) from recipient where portal_user_id = 'usr_twin'") == 2);
}

TEST_CASE("After a merge the winner is the portal user that the loser is", "[contact_events]") {
  World world;
  world.InviteBoth();
  SECTION("who signed up before") {
    REQUIRE(world.FromRegistration({world.Joined(kTwinId, "usr_twin")}).ok());
    REQUIRE(world.FromContact({world.Merged()}).ok());
  }
  SECTION("who signed up meanwhile") {
    REQUIRE(world.FromContact({world.Merged()}).ok());
    REQUIRE(world.FromRegistration({world.Joined(kTwinId, "usr_twin")}).ok());
  }
  CHECK(world.Count("select count(*) from recipient where portal_user_id = 'usr_twin'") == 2);
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_REVOKED);
  CHECK(world.Invitations()[0].revoke_reason() == kAlreadyPortalUser);
  world.Deliver();
  CHECK(world.sink.mails().empty());
}

TEST_CASE("Who creates a contact may want no invitation for it", "[contact_events]") {
  World world;
  ContactCreated created;
  *created.mutable_contact() = world.John();
  created.set_without_invitation(true);
  REQUIRE(world.FromContact({world.Told(created)}).ok());
  CHECK(world.Decision().outcome() == DECISION_OUTCOME_NOT_INVITED);
  CHECK(world.Decision().reason() == DECISION_REASON_NOT_WANTED);
  CHECK(world.Invitations().empty());
}

TEST_CASE("Erasing leaves no address, name or mail of a contact", "[contact_events]") {
  World world;
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.FromContact({world.Erased()}).ok());
  REQUIRE(world.log.LastPosition().ok());  // All events have their positions.
  events::Erasure erasure(*world.database);
  while (erasure.RunOnce() == absl::ZeroDuration()) {
  }
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_REVOKED);
  std::string all = world.Get(invitation.id()).DebugString() + world.OnlyMessage().DebugString();
  const auto batch = world.log.ReadAfter(0, {}, 100);
  for (const events::Event& event : batch->events()) {
    InvitationChanged changed;
    if (event.data().UnpackTo(&changed)) all += changed.DebugString();
  }
  CHECK(all.find(kEmail) == std::string::npos);
  CHECK(world.Count("select count(*) from recipient where name <> '' or email <> ''") == 0);
  CHECK(world.Count("select count(*) from message where placeholder_values <> ''") == 0);
}

TEST_CASE("A mail on its way while its contact is erased leaves nothing of the address",
          "[contact_events]") {
  World world;
  world.Invite();
  const auto claimed = world.queue.Claim({.awaited = 8});
  REQUIRE(claimed->size() == 1);
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.FromContact({world.Erased()}).ok());
  const TriedMail tried = {.claimed = claimed->front(),
                           .result = {.outcome = mail::Outcome::kRefusedRecipient,
                                      .reply_code = 550,
                                      .enhanced_status = "5.1.1",
                                      .reply = "no such user: john@example.com"}};
  REQUIRE(world.results.Record({&tried, 1}).ok());
  const Message message = world.OnlyMessage();
  REQUIRE(message.attempts_size() == 1);
  CHECK(message.attempts(0).outcome() == DELIVERY_OUTCOME_BOUNCED);
  CHECK(message.attempts(0).reply_code() == 550);
  CHECK(message.attempts(0).reply().empty());
  CHECK(world.Count("select count(*) from suppression") == 0);
}

TEST_CASE("An address that refused mail gets none after its contact is erased, but is kept nowhere",
          "[contact_events]") {
  World world;
  world.Invite();
  world.sink.ReplyToRecipient(kEmail, "550 5.1.1 no such user: john@example.com");
  world.Deliver();
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.FromContact({world.Erased()}).ok());
  CHECK(world.Count("select count(*) from suppression") == 1);
  CHECK(world.Count("select count(*) from suppression where address_key like '%john%' "
                    "or address_key like '%@%' or reason <> ''") == 0);

  // The person is entered anew, with the address in other letters.
  Contact twin = world.Twin();
  twin.set_email("JOHN@example.com");
  world.peers.PutContact(twin);
  REQUIRE(world.FromContact({world.Created(twin)}).ok());
  CHECK(world.Decision(kTwinId).reason() == DECISION_REASON_EMAIL_SUPPRESSED);
  CHECK(world.Invitations(kTwinId).empty());
  CHECK(world.Send(kTwinId).status().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("An address that refused another contact's mail is kept in no words once one is erased",
          "[contact_events]") {
  World world;
  Contact twin = world.Twin();
  twin.set_email(kEmail);
  world.peers.PutContact(twin);
  REQUIRE(world.FromContact({world.Created(twin)}).ok());
  world.sink.ReplyToRecipient(kEmail, "550 5.1.1 no such user");
  world.Deliver();
  // So this one is never written to.
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  REQUIRE(world.Invitations().empty());
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.FromContact({world.Erased()}).ok());
  CHECK(world.Count("select count(*) from suppression where address_key like '%@%'") == 0);
  // Nor is the other one any more.
  CHECK(world.Send(kTwinId).status().code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace portico::invitation
