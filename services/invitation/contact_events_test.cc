#include "services/invitation/contact_events.h"

#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>

#include "portico/invitation/v1/invitation_events.pb.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using portico::contact::v1::Contact;
using namespace portico::invitation::v1;

TEST_CASE("A new contact is invited, with decision, mail and events", "[contact_events]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  CHECK(invitation.state() == INVITATION_STATE_PENDING);
  CHECK(invitation.origin() == INVITATION_ORIGIN_CONTACT_CREATED);
  CHECK(invitation.email() == kEmail);
  CHECK(invitation.account_id() == kAccountId);
  CHECK(invitation.expire_time().seconds() - invitation.create_time().seconds() == 14 * 24 * 3600);

  const Decision decision = world.Decision();
  CHECK(decision.outcome() == DECISION_OUTCOME_INVITED);
  CHECK(decision.reason() == DECISION_REASON_ALL_CONDITIONS_MET);
  CHECK(decision.invitation_id() == invitation.id());

  REQUIRE(world.Messages().size() == 1);
  const Message message = world.Messages().front();
  CHECK(message.state() == MESSAGE_STATE_WAITING);
  CHECK(message.recipient() == kEmail);
  CHECK(message.sender() == "north@hauler.example");
  CHECK(message.subject() == "North invites you to the customer portal");
  CHECK(message.message_id() == absl::StrCat(message.id(), "@hauler.example"));

  CHECK(world.Published(invitation.id()) == std::vector<InvitationState>{INVITATION_STATE_PENDING});
  const auto decided = world.log.ReadAfter(0, {InvitationDecided::descriptor()->full_name()}, 10);
  REQUIRE(decided.ok());
  REQUIRE(decided->events_size() == 1);
  CHECK(decided->events(0).subject() == kContactId);
  CHECK(decided->events(0).partition() == kAccountId);
}

TEST_CASE("Why a contact was not invited can always be seen", "[contact_events]") {
  struct Case {
    DecisionReason reason;
    std::function<void(FakePeers::AccountAnswer&)> accounts = [](auto&) {};
    std::function<void(Contact&)> contact = [](auto&) {};
  };
  const std::vector<Case> cases = {
      {.reason = DECISION_REASON_ACCOUNT_NOT_ACTIVE,
       .accounts =
           [](auto& a) {
             a.mutable_accounts(0)->set_status(portico::account::v1::ACCOUNT_STATUS_SUSPENDED);
           }},
      {.reason = DECISION_REASON_CLASS_PORTAL_DISABLED,
       .accounts =
           [](auto& a) {
             a.mutable_account_classes(0)->mutable_portal()->set_access_enabled(false);
           }},
      {.reason = DECISION_REASON_CLASS_AUTO_SEND_OFF,
       .accounts =
           [](auto& a) {
             a.mutable_account_classes(0)->mutable_portal()->set_auto_send_invitation(false);
           }},
      {.reason = DECISION_REASON_CONTACT_PORTAL_DISABLED,
       .contact = [](auto& c) { c.set_portal_access_enabled(false); }},
      {.reason = DECISION_REASON_NO_EMAIL, .contact = [](auto& c) { c.set_email("  "); }},
      {.reason = DECISION_REASON_INVALID_EMAIL, .contact = [](auto& c) { c.set_email("x@"); }},
      {.reason = DECISION_REASON_EMAIL_SUPPRESSED,
       .contact = [](auto& c) { c.set_email("Gone@Example.com"); }},
      {.reason = DECISION_REASON_ACCOUNT_NOT_FOUND,
       .accounts = [](auto& a) { a.clear_accounts(); }},
  };
  for (const Case& test : cases) {
    INFO(DecisionReason_Name(test.reason));
    TestWorld world;
    REQUIRE(world.database
                ->Write([&](storage::Session& session) {
                  return world.stores.suppressions.Add(session, "gone@example.com", "said so",
                                                       world.clock.Now());
                })
                .ok());
    world.peers.ChangeAccounts(test.accounts);
    Contact john = world.John();
    test.contact(john);
    REQUIRE(world.FromContact({world.Created(john)}).ok());
    CHECK(world.Decision().outcome() == DECISION_OUTCOME_NOT_INVITED);
    CHECK(world.Decision().reason() == test.reason);
    CHECK(world.Invitations().empty());
    CHECK(world.Messages().empty());
  }
}

TEST_CASE("A batch of new contacts costs one call of the account service", "[contact_events]") {
  TestWorld world;
  std::vector<events::Event> batch;
  for (int i = 0; i < 100; ++i) {
    Contact contact = world.John(absl::StrCat("john", i, "@example.com"));
    contact.set_id(absl::StrCat("con_", i));
    contact.set_account_id(absl::StrCat("acc_", i % 7));
    batch.push_back(world.Created(contact));
  }
  REQUIRE(world.FromContact(batch).ok());
  CHECK(world.peers.account_calls() == 1);
  CHECK(world.Count("select count(*) from invitation where state = 1") == 100);
  CHECK(world.Count("select count(*) from message where state = 1") == 100);
}

TEST_CASE("An event that comes twice makes one invitation", "[contact_events]") {
  TestWorld world;
  const events::Event event = world.Created(world.John());
  REQUIRE(world.FromContact({event}).ok());
  REQUIRE(world.FromContact({event}).ok());
  // The publisher's log was restored, and tells of the contact again.
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  CHECK(world.Invitations().size() == 1);
  CHECK(world.Messages().size() == 1);
  CHECK(world.Decision().outcome() == DECISION_OUTCOME_INVITED);
}

TEST_CASE("Events of one contact in a batch work as if they came one by one", "[contact_events]") {
  TestWorld world;
  const events::Event created = world.Created(world.John());
  world.clock.Advance(absl::Seconds(1));
  Contact off = world.John();
  off.set_portal_access_enabled(false);
  const events::Event switched_off = world.Updated(off);
  world.clock.Advance(absl::Seconds(1));
  const events::Event moved = world.Updated(world.John("jd@example.com"));
  const std::vector<events::Event> all = {created, switched_off, moved};
  if (GENERATE(false, true)) {
    REQUIRE(world.FromContact(all).ok());
  } else {
    for (const events::Event& event : all) REQUIRE(world.FromContact({event}).ok());
  }
  REQUIRE(world.Invitations().size() == 1);
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_REVOKED);
  CHECK(world.Invitations()[0].revoke_reason() == kPortalAccessOff);
  CHECK(world.Decision().outcome() == DECISION_OUTCOME_INVITED);
  world.Deliver();
  CHECK(world.sink.mails().empty());
}

TEST_CASE("While the account service is away nothing is decided, and nothing lost",
          "[contact_events]") {
  TestWorld world;
  const events::Event event = world.Created(world.John());
  world.peers.FailAccounts(absl::UnavailableError("away"));
  CHECK(absl::IsUnavailable(world.FromContact({event})));
  CHECK(world.Count("select count(*) from decision") == 0);
  CHECK(*world.from_contact.Position() == 0);
  world.peers.FailAccounts(absl::OkStatus());
  CHECK(world.FromContact({event}).ok());
  CHECK(world.Decision().outcome() == DECISION_OUTCOME_INVITED);
}

TEST_CASE("A changed address kills the link, and an unsent mail goes to the new one",
          "[contact_events]") {
  TestWorld world;
  const Invitation first = world.Invite();
  Contact john = world.John("new@example.com");
  john.mutable_name()->set_display("John B. Doe");
  REQUIRE(world.FromContact({world.Updated(john)}).ok());

  REQUIRE(world.Invitations().size() == 2);
  CHECK(world.Get(first.id()).state() == INVITATION_STATE_REVOKED);
  CHECK(world.Get(first.id()).revoke_reason() == "EMAIL_CHANGED");
  CHECK(world.Published(first.id()) ==
        std::vector<InvitationState>{INVITATION_STATE_PENDING, INVITATION_STATE_REVOKED});

  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  CHECK(world.sink.mails()[0].recipient == "new@example.com");
  CHECK_THAT(Readable(world.sink.mails()[0]), Catch::Contains("John B. Doe"));
  const absl::StatusOr<Invitee> invitee = world.LookUp(TokenIn(world.sink.mails()[0]));
  REQUIRE(invitee.ok());
  CHECK(invitee->email() == "new@example.com");
}

TEST_CASE("A changed address after the mail only kills the link", "[contact_events]") {
  TestWorld world;
  world.Invite();
  const std::string token = world.DeliverToken();
  REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
  CHECK(world.Invitations().size() == 1);
  CHECK(rpc::ReasonOf(world.LookUp(token).status()) == "INVITATION_REVOKED");
}

TEST_CASE("An unsent mail is not sent to a new address that cannot have it", "[contact_events]") {
  TestWorld world;
  world.Invite();
  REQUIRE(world.FromContact({world.Updated(world.John("nonsense"))}).ok());
  CHECK(world.Invitations().size() == 1);
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_REVOKED);
  CHECK(world.Messages()[0].state() == MESSAGE_STATE_CANCELLED);
  CHECK(world.Messages()[0].cancel_reason() == "EMAIL_CHANGED");
}

TEST_CASE("Writing the same address in another case changes nothing", "[contact_events]") {
  TestWorld world;
  world.Invite();
  REQUIRE(world.FromContact({world.Updated(world.John("John@Example.com"))}).ok());
  CHECK(world.Invitations().size() == 1);
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_PENDING);
}

TEST_CASE("Portal access switched off takes the invitation back", "[contact_events]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  Contact john = world.John();
  john.set_portal_access_enabled(false);
  REQUIRE(world.FromContact({world.Updated(john)}).ok());
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_REVOKED);
  CHECK(world.Get(invitation.id()).revoke_reason() == "PORTAL_ACCESS_OFF");
  world.Deliver();
  CHECK(world.sink.mails().empty());
}

TEST_CASE("A contact with a portal user is not invited again", "[contact_events]") {
  TestWorld world;
  REQUIRE(world.FromRegistration({world.Joined(kContactId, "usr_1")}).ok());
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  CHECK(world.Decision().reason() == DECISION_REASON_ALREADY_PORTAL_USER);
}

TEST_CASE("A portal user from elsewhere ends the contact's live invitation", "[contact_events]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  REQUIRE(world.FromRegistration({world.Joined(kContactId, "usr_1")}).ok());
  CHECK(world.Get(invitation.id()).revoke_reason() == "ALREADY_PORTAL_USER");
}

}  // namespace
}  // namespace portico::invitation
