#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using portico::contact::v1::Contact;
using namespace portico::invitation::v1;

template <class T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

TEST_CASE("Sending twice answers the same invitation and mails once", "[invitation]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  const absl::StatusOr<Invitation> first = world.Send();
  REQUIRE(first.ok());
  CHECK(first->origin() == INVITATION_ORIGIN_STAFF);
  const absl::StatusOr<Invitation> second = world.Send();
  REQUIRE(second.ok());
  CHECK(second->id() == first->id());
  CHECK(second->etag() == first->etag());
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("A contact invited before its event came is decided on when that comes", "[invitation]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  const absl::StatusOr<Invitation> sent = world.Send();
  REQUIRE(sent.ok());
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  CHECK(world.Decision().reason() == DECISION_REASON_ALREADY_INVITED);
  CHECK(world.Invitations().size() == 1);
}

TEST_CASE("An event from before the contact was asked for brings no old address back",
          "[invitation]") {
  TestWorld world;
  const events::Event created = world.Created(world.John("old@example.com"));
  world.clock.Advance(absl::Seconds(1));
  world.peers.PutContact(world.John("new@example.com"));
  const absl::StatusOr<Invitation> sent = world.Send();
  REQUIRE(sent.ok());
  REQUIRE(world.FromContact({created}).ok());
  CHECK(world.Get(sent->id()).state() == INVITATION_STATE_PENDING);
  CHECK(world.Get(sent->id()).email() == "new@example.com");
  REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
  CHECK(world.Get(sent->id()).state() == INVITATION_STATE_PENDING);
}

TEST_CASE("A change that is not known here yet counts when staff invites", "[invitation]") {
  TestWorld world;
  const Invitation old = world.Invite();
  world.Deliver();
  world.clock.Advance(absl::Seconds(1));
  world.peers.PutContact(world.John("new@example.com"));
  const absl::StatusOr<Invitation> sent = world.Send();
  REQUIRE(sent.ok());
  CHECK(sent->email() == "new@example.com");
  CHECK(world.Get(old.id()).revoke_reason() == "EMAIL_CHANGED");
}

TEST_CASE("A later invitation has a later id, also when the clock was set back", "[invitation]") {
  TestWorld world;
  const Invitation old = world.Invite();
  // The contact service sees to it that a later version has a later time.
  portico::contact::v1::Contact john = world.John("new@example.com");
  john.mutable_update_time()->set_nanos(john.update_time().nanos() + 1000);
  world.clock.Advance(-absl::Hours(1));
  REQUIRE(world.FromContact({world.Updated(john)}).ok());
  REQUIRE(world.Invitations().size() == 2);
  CHECK(world.Invitations()[0].email() == "new@example.com");
  CHECK(world.Invitations()[0].id() > old.id());
}

TEST_CASE("Staff can invite where the class does not by itself", "[invitation]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  world.peers.ChangeAccounts([](auto& answer) {
    answer.mutable_account_classes(0)->mutable_portal()->set_auto_send_invitation(false);
  });
  CHECK(world.Send().ok());
}

TEST_CASE("A contact that must not be invited is refused with the reason", "[invitation]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  SECTION("account not active") {
    world.peers.ChangeAccounts([](auto& answer) {
      answer.mutable_accounts(0)->set_status(portico::account::v1::ACCOUNT_STATUS_PENDING);
    });
    const auto refused = world.Send();
    CHECK(absl::IsFailedPrecondition(refused.status()));
    CHECK(Reason(refused) == "ACCOUNT_NOT_ACTIVE");
  }
  SECTION("class without portal") {
    world.peers.ChangeAccounts([](auto& answer) {
      answer.mutable_account_classes(0)->mutable_portal()->set_access_enabled(false);
    });
    CHECK(Reason(world.Send()) == "CLASS_PORTAL_DISABLED");
  }
  SECTION("access switched off") {
    Contact john = world.John();
    john.set_portal_access_enabled(false);
    world.peers.PutContact(john);
    CHECK(Reason(world.Send()) == "CONTACT_PORTAL_DISABLED");
  }
  SECTION("no address") {
    world.peers.PutContact(world.John(""));
    CHECK(Reason(world.Send()) == "NO_EMAIL");
  }
  SECTION("portal user") {
    REQUIRE(world.FromRegistration({world.Joined(kContactId, "usr_1")}).ok());
    CHECK(Reason(world.Send()) == "ALREADY_PORTAL_USER");
  }
  SECTION("unknown contact") { CHECK(absl::IsNotFound(world.Send("con_nobody").status())); }
  SECTION("account service away") {
    world.peers.FailAccounts(absl::UnavailableError("away"));
    CHECK(absl::IsUnavailable(world.Send().status()));
  }
  CHECK(world.Count("select count(*) from invitation") == 0);
}

TEST_CASE("Without the contact service, what is known of the contact has to do", "[invitation]") {
  TestWorld world;
  world.peers.ChangeAccounts([](auto& answer) {
    answer.mutable_account_classes(0)->mutable_portal()->set_auto_send_invitation(false);
  });
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  world.peers.FailContacts(absl::UnavailableError("away"));
  CHECK(world.Send().ok());
  CHECK(absl::IsUnavailable(world.Send("con_nobody").status()));
}

TEST_CASE("A template must exist and be for the account's division", "[invitation]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  CHECK(absl::IsInvalidArgument(world.Send(kContactId, "tpl_none").status()));

  CreateTemplateRequest request;
  request.mutable_template_()->set_display_name("South only");
  request.mutable_template_()->set_kind(TEMPLATE_KIND_INVITATION);
  request.mutable_template_()->set_subject("Come in, [ContactName]");
  request.mutable_template_()->set_html_body("<p>[CustomerPortalLink]</p>");
  request.mutable_template_()->add_division_ids("div_south");
  const auto south = world.staff->Call<CreateTemplateResponse>(request);
  REQUIRE(south.ok());
  CHECK(absl::IsInvalidArgument(world.Send(kContactId, south->template_().id()).status()));

  request.mutable_template_()->set_display_name("North");
  request.mutable_template_()->set_division_ids(0, "div_north");
  const auto north = world.staff->Call<CreateTemplateResponse>(request);
  REQUIRE(north.ok());
  REQUIRE(world.Send(kContactId, north->template_().id()).ok());
  CHECK(world.Messages()[0].subject() == "Come in, John Doe");
}

TEST_CASE("The portal's template is used where it fits, and the default one where not",
          "[invitation]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  world.peers.ChangeAccounts([](auto& answer) {
    answer.mutable_portal_options()->set_invitation_template_id("tpl_gone");
  });
  REQUIRE(world.Send().ok());
  CHECK(world.Messages()[0].subject() == "North invites you to the customer portal");
}

TEST_CASE("A resend mails a new link, and the old one dies", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string old_token = world.DeliverToken();
  world.clock.Advance(absl::Hours(24));
  const absl::StatusOr<Invitation> resent = world.Resend(invitation.id());
  REQUIRE(resent.ok());
  CHECK(resent->id() == invitation.id());
  CHECK(resent->state() == INVITATION_STATE_PENDING);
  CHECK(resent->expire_time().seconds() == invitation.expire_time().seconds() + 24 * 3600);
  CHECK(absl::IsNotFound(world.LookUp(old_token).status()));
  const std::string token = world.DeliverToken();
  CHECK(token != old_token);
  CHECK(world.LookUp(token).ok());
  CHECK(world.Messages().size() == 2);
  CHECK(world.Messages()[0].message_id() != world.Messages()[1].message_id());
  CHECK(world.Get(invitation.id()).attempts_size() == 2);
}

TEST_CASE("A resend can be repeated by its request id, but not with other content",
          "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.Deliver();
  ResendInvitationRequest request;
  request.set_id(invitation.id());
  request.set_request_id("r1");
  REQUIRE(world.staff->Call<ResendInvitationResponse>(request).ok());
  const std::string token = world.DeliverToken();
  const auto again = world.staff->Call<ResendInvitationResponse>(request);
  REQUIRE(again.ok());
  CHECK(again->invitation().state() == INVITATION_STATE_SENT);
  world.Deliver();
  CHECK(world.sink.mails().size() == 2);
  CHECK(world.LookUp(token).ok());

  Contact ann = world.John("ann@example.com");
  ann.set_id("con_ann");
  world.peers.PutContact(ann);
  request.set_id(world.Send("con_ann")->id());
  CHECK(absl::IsAlreadyExists(world.staff->Call<ResendInvitationResponse>(request).status()));
}

TEST_CASE("What is only validated is answered and changes nothing", "[invitation]") {
  TestWorld world;
  SendInvitationRequest send;
  send.set_contact_id(kContactId);
  send.set_validate_only(true);
  SECTION("an invitation that would be made") {
    world.peers.PutContact(world.John());
    const auto answer = world.staff->Call<SendInvitationResponse>(send);
    REQUIRE(answer.ok());
    CHECK(answer->invitation().id().empty());
    CHECK(answer->invitation().etag().empty());
    CHECK(answer->invitation().email() == kEmail);
    CHECK(answer->invitation().state() == INVITATION_STATE_PENDING);
    CHECK(world.Count("select count(*) from invitation") == 0);
    CHECK(world.Count("select count(*) from message") == 0);
    CHECK(world.Count("select count(*) from recipient") == 0);
    CHECK(world.Count("select count(*) from event_log") == 0);
  }
  SECTION("an invitation that would be made after one of a later time") {
    const Invitation revoked = world.Invite();
    REQUIRE(world.Revoke(revoked.id()).ok());
    world.clock.Advance(-absl::Hours(1));
    const auto answer = world.staff->Call<SendInvitationResponse>(send);
    REQUIRE(answer.ok());
    CHECK(answer->invitation().id().empty());
    CHECK(answer->invitation().etag().empty());
    CHECK(answer->invitation().state() == INVITATION_STATE_PENDING);
  }
  SECTION("an invitation that would go to a new address, also with the clock set back") {
    const Invitation live = world.Invite();
    world.clock.Advance(absl::Seconds(1));
    world.peers.PutContact(world.John("new@example.com"));
    world.clock.Advance(GENERATE(absl::ZeroDuration(), -absl::Hours(1)));
    const auto answer = world.staff->Call<SendInvitationResponse>(send);
    REQUIRE(answer.ok());
    CHECK(answer->invitation().id().empty());
    CHECK(answer->invitation().email() == "new@example.com");
    CHECK(world.Get(live.id()).state() == INVITATION_STATE_PENDING);
  }
  SECTION("the live invitation") {
    const Invitation live = world.Invite();
    const auto answer = world.staff->Call<SendInvitationResponse>(send);
    REQUIRE(answer.ok());
    CHECK(answer->invitation().id() == live.id());
    CHECK(answer->invitation().etag() == live.etag());
  }
  SECTION("a refusal") {
    world.peers.PutContact(world.John(""));
    CHECK(Reason(world.staff->Call<SendInvitationResponse>(send)) == "NO_EMAIL");
  }
  SECTION("a resend, which is done afterwards with the same request id") {
    const Invitation invitation = world.Invite();
    const std::string token = world.DeliverToken();
    const std::string etag = world.Get(invitation.id()).etag();
    ResendInvitationRequest request;
    request.set_id(invitation.id());
    request.set_request_id("r1");
    request.set_validate_only(true);
    const auto answer = world.staff->Call<ResendInvitationResponse>(request);
    REQUIRE(answer.ok());
    CHECK(answer->invitation().state() == INVITATION_STATE_PENDING);
    CHECK(answer->invitation().etag().empty());
    CHECK(world.Get(invitation.id()).etag() == etag);
    CHECK(world.LookUp(token).ok());
    world.Deliver();
    CHECK(world.sink.mails().size() == 1);
    request.set_validate_only(false);
    REQUIRE(world.staff->Call<ResendInvitationResponse>(request).ok());
    world.Deliver();
    CHECK(world.sink.mails().size() == 2);
  }
}

TEST_CASE("A resend of a mail still waiting sends one mail", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  REQUIRE(world.Resend(invitation.id()).ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
  CHECK(world.LookUp(TokenIn(world.sink.mails()[0])).ok());
}

TEST_CASE("A new address gets what is left of a resent invitation's time", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.clock.Advance(absl::Hours(10 * 24));
  const absl::StatusOr<Invitation> resent = world.Resend(invitation.id());
  REQUIRE(resent.ok());
  world.clock.Advance(absl::Hours(24));
  REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
  REQUIRE(world.Invitations().size() == 2);
  CHECK(world.Invitations()[0].email() == "new@example.com");
  CHECK(world.Invitations()[0].expire_time().seconds() == resent->expire_time().seconds());
}

TEST_CASE("An expired invitation can be resent, to the contact's present address", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.Deliver();
  world.clock.Advance(absl::Hours(15 * 24));
  CHECK(world.expiry.RunOnce() == absl::ZeroDuration());
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_EXPIRED);
  world.peers.PutContact(world.John("new@example.com"));
  const absl::StatusOr<Invitation> resent = world.Resend(invitation.id());
  REQUIRE(resent.ok());
  CHECK(resent->email() == "new@example.com");
  CHECK(world.LookUp(world.DeliverToken()).ok());
}

TEST_CASE("What cannot be resent says why", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  CHECK(absl::IsNotFound(world.Resend("inv_none").status()));
  SECTION("revoked") {
    REQUIRE(world.Revoke(invitation.id()).ok());
    CHECK(Reason(world.Resend(invitation.id())) == "INVITATION_REVOKED");
  }
  SECTION("accepted") {
    REQUIRE(world.Redeem(invitation.id(), world.DeliverToken(), "apt_1").ok());
    CHECK(Reason(world.Resend(invitation.id())) == "INVITATION_ACCEPTED");
  }
  SECTION("another is live") {
    world.clock.Advance(absl::Hours(15 * 24));
    REQUIRE(world.Send().ok());
    CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_EXPIRED);
    CHECK(Reason(world.Resend(invitation.id())) == "ALREADY_INVITED");
  }
}

TEST_CASE("A revoked invitation's link and mail are dead", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const absl::StatusOr<Invitation> revoked = world.Revoke(invitation.id());
  REQUIRE(revoked.ok());
  CHECK(revoked->state() == INVITATION_STATE_REVOKED);
  CHECK(revoked->revoke_reason() == "typed by mistake");
  CHECK(revoked->has_revoke_time());
  CHECK(world.Messages()[0].state() == MESSAGE_STATE_CANCELLED);
  CHECK(world.Messages()[0].cancel_reason() == "INVITATION_REVOKED");
  world.Deliver();
  CHECK(world.sink.mails().empty());

  const absl::StatusOr<Invitation> again = world.Revoke(invitation.id());
  REQUIRE(again.ok());
  CHECK(again->etag() == revoked->etag());
  CHECK(absl::IsNotFound(world.Revoke("inv_none").status()));
  CHECK(world.Send().ok());
}

TEST_CASE("An accepted or expired invitation cannot be revoked", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  SECTION("accepted") {
    REQUIRE(world.Redeem(invitation.id(), token, "apt_1").ok());
    CHECK(Reason(world.Revoke(invitation.id())) == "INVITATION_ACCEPTED");
  }
  SECTION("expired") {
    world.clock.Advance(absl::Hours(15 * 24));
    CHECK(Reason(world.Revoke(invitation.id())) == "INVITATION_EXPIRED");
  }
}

TEST_CASE("Expiry ends the invitation and its waiting mail", "[invitation]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  CHECK(world.expiry.RunOnce() > absl::ZeroDuration());
  world.clock.Advance(absl::Hours(14 * 24));
  CHECK(world.expiry.RunOnce() == absl::ZeroDuration());
  CHECK(world.expiry.RunOnce() > absl::ZeroDuration());
  CHECK(world.Published(invitation.id()) ==
        std::vector<InvitationState>{INVITATION_STATE_PENDING, INVITATION_STATE_EXPIRED});
  CHECK(world.Messages()[0].cancel_reason() == "INVITATION_EXPIRED");
}

// The token of a link that was answered.
std::string TokenOf(const absl::StatusOr<CreateInvitationLinkResponse>& made) {
  REQUIRE(made.ok());
  const std::string start = "https://portal.hauler.example/accept#token=";
  REQUIRE(made->link().substr(0, start.size()) == start);
  return made->link().substr(start.size());
}

TEST_CASE("A link to hand over invites without mail", "[link]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  const auto made = world.CreateLink();
  const std::string token = TokenOf(made);
  const Invitation& invitation = made->invitation();
  CHECK(invitation.state() == INVITATION_STATE_DELIVERED);
  CHECK(invitation.origin() == INVITATION_ORIGIN_STAFF);
  CHECK(invitation.has_hand_over_time());
  CHECK_FALSE(invitation.has_send_time());
  CHECK(invitation.email() == kEmail);
  world.Deliver();
  CHECK(world.sink.mails().empty());
  CHECK(world.Messages().empty());
  CHECK(world.Count("select count(*) from invitation where token_hash = '" + token + "'") == 0);
  REQUIRE(world.LookUp(token).ok());
  CHECK(world.Redeem(invitation.id(), token, "apt_1").ok());
  CHECK(Reason(world.CreateLink()) == "ALREADY_PORTAL_USER");
}

TEST_CASE("A link to hand over takes the place of the live invitation's", "[link]") {
  TestWorld world;
  const Invitation live = world.Invite();
  SECTION("whose mail waits") {
    const auto made = world.CreateLink();
    CHECK(made->invitation().id() == live.id());
    CHECK(world.OnlyMessage().cancel_reason() == "LINK_HANDED_OVER");
    world.Deliver();
    CHECK(world.sink.mails().empty());
    CHECK(world.LookUp(TokenOf(made)).ok());
  }
  SECTION("that was mailed") {
    const std::string mailed = world.DeliverToken();
    world.clock.Advance(absl::Hours(24));
    const std::string handed_over = TokenOf(world.CreateLink());
    CHECK(absl::IsNotFound(world.LookUp(mailed).status()));
    REQUIRE(world.LookUp(handed_over).ok());
    CHECK(world.LookUp(handed_over)->expire_time().seconds() ==
          live.expire_time().seconds() + 24 * 3600);
  }
  SECTION("that was handed over") {
    const std::string first = TokenOf(world.CreateLink());
    const std::string second = TokenOf(world.CreateLink());
    CHECK(absl::IsNotFound(world.LookUp(first).status()));
    CHECK(world.LookUp(second).ok());
  }
  CHECK(world.Invitations().size() == 1);
}

TEST_CASE("An invitation that was handed over can be mailed", "[link]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  const auto made = world.CreateLink();
  const std::string handed_over = TokenOf(made);
  CHECK(world.Send()->id() == made->invitation().id());  // It is live, and is left alone.
  const absl::StatusOr<Invitation> resent = world.Resend(made->invitation().id());
  REQUIRE(resent.ok());
  CHECK(resent->state() == INVITATION_STATE_PENDING);
  CHECK_FALSE(resent->has_hand_over_time());
  CHECK(absl::IsNotFound(world.LookUp(handed_over).status()));
  CHECK(world.LookUp(world.DeliverToken()).ok());
}

TEST_CASE("A link to hand over dies with the address that it stands for", "[link]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  REQUIRE(world.FromContact({world.Created(world.John())}).ok());
  const std::string token = TokenOf(world.CreateLink());
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
  CHECK(Reason(world.LookUp(token)) == "INVITATION_REVOKED");
  world.Deliver();
  CHECK(world.sink.mails().empty());
}

TEST_CASE("Whom a link cannot be made for is said", "[link]") {
  TestWorld world;
  SECTION("no address") {
    world.peers.PutContact(world.John(""));
    CHECK(Reason(world.CreateLink()) == "NO_EMAIL");
  }
  SECTION("no right address") {
    world.peers.PutContact(world.John("john@"));
    CHECK(Reason(world.CreateLink()) == "INVALID_EMAIL");
  }
  SECTION("nobody") { CHECK(absl::IsNotFound(world.CreateLink("con_nobody").status())); }
  SECTION("account not active") {
    world.peers.PutContact(world.John());
    world.peers.ChangeAccounts([](auto& answer) {
      answer.mutable_accounts(0)->set_status(portico::account::v1::ACCOUNT_STATUS_CLOSED);
    });
    CHECK(Reason(world.CreateLink()) == "ACCOUNT_NOT_ACTIVE");
  }
  CHECK(world.Count("select count(*) from invitation") == 0);
}

TEST_CASE("Who gets no mail can be handed a link", "[link]") {
  TestWorld world;
  world.peers.PutContact(world.John());
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.suppressions.Add(session, kEmail, "unsubscribed",
                                                     world.clock.Now());
              })
              .ok());
  CHECK(Reason(world.Send()) == "EMAIL_SUPPRESSED");
  CHECK(world.LookUp(TokenOf(world.CreateLink())).ok());
}

TEST_CASE("An expired link brings a fresh one to the same address, once", "[renewal]") {
  TestWorld world;
  const Invitation old = world.Invite();
  const std::string token = world.DeliverToken();
  world.clock.Advance(absl::Hours(14 * 24));
  if (GENERATE(true, false)) world.expiry.RunOnce();
  REQUIRE(world.RenewExpired(token).ok());
  CHECK(world.Get(old.id()).state() == INVITATION_STATE_EXPIRED);
  REQUIRE(world.Invitations().size() == 2);
  CHECK(world.Invitations()[0].origin() == INVITATION_ORIGIN_RENEWAL);
  CHECK(world.Invitations()[0].email() == kEmail);
  CHECK(absl::IsNotFound(world.LookUp(token).status()));
  const std::string fresh = world.DeliverToken();
  CHECK(world.LookUp(fresh).ok());

  // The old link is dead, the new one not expired: nothing more is mailed.
  CHECK(world.RenewExpired(token).ok());
  CHECK(world.RenewExpired(fresh).ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 2);
  world.clock.Advance(absl::Hours(15 * 24));
  CHECK(world.RenewExpired(token).ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 2);
  CHECK(world.RenewExpired(fresh).ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 3);
}

TEST_CASE("What must not be renewed is not, and the answer tells nothing", "[renewal]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  std::string token = world.DeliverToken();
  size_t mails = 1;
  SECTION("unknown") { token = std::string(43, 'A'); }
  SECTION("no token at all") { token = "x"; }
  SECTION("live") {}
  SECTION("accepted") {
    REQUIRE(world.Redeem(invitation.id(), token, "apt_1").ok());
    world.clock.Advance(absl::Hours(15 * 24));
  }
  SECTION("revoked") {
    REQUIRE(world.Revoke(invitation.id()).ok());
    world.clock.Advance(absl::Hours(15 * 24));
  }
  SECTION("expired, and another is live") {
    world.clock.Advance(absl::Hours(15 * 24));
    REQUIRE(world.Send().ok());
    world.Deliver();
    mails = 2;
  }
  SECTION("expired, and the address is another") {
    world.clock.Advance(absl::Hours(15 * 24));
    world.peers.PutContact(world.John("new@example.com"));
  }
  SECTION("expired, and access is off") {
    world.clock.Advance(absl::Hours(15 * 24));
    Contact john = world.John();
    john.set_portal_access_enabled(false);
    world.peers.PutContact(john);
  }
  SECTION("expired, and the address suppressed") {
    world.clock.Advance(absl::Hours(15 * 24));
    REQUIRE(world.database
                ->Write([&](storage::Session& session) {
                  return world.stores.suppressions.Add(session, kEmail, "x", world.clock.Now());
                })
                .ok());
  }
  CHECK(world.RenewExpired(token).ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == mails);
}

TEST_CASE("Two who renew at once with one link get one mail", "[renewal]") {
  TestWorld world;
  world.Invite();
  const std::string token = world.DeliverToken();
  world.clock.Advance(absl::Hours(15 * 24));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { CHECK(world.RenewExpired(token).ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  world.Deliver();
  CHECK(world.sink.mails().size() == 2);
}

TEST_CASE("A renewal that could not be made can be asked for again", "[renewal]") {
  TestWorld world;
  world.Invite();
  const std::string token = world.DeliverToken();
  world.clock.Advance(absl::Hours(15 * 24));
  world.peers.FailAccounts(absl::UnavailableError("away"));
  CHECK(absl::IsUnavailable(world.RenewExpired(token)));
  world.peers.FailAccounts(absl::OkStatus());
  CHECK(world.RenewExpired(token).ok());
  CHECK(world.LookUp(world.DeliverToken()).ok());
}

TEST_CASE("Invitations are listed page by page, the latest first", "[invitation]") {
  TestWorld world;
  for (int i = 0; i < 5; ++i) {
    Contact contact = world.John();
    contact.set_id(absl::StrCat("con_", i));
    REQUIRE(world.FromContact({world.Created(contact)}).ok());
    world.clock.Advance(absl::Seconds(1));
  }
  ListInvitationsRequest request;
  request.set_page_size(2);
  request.set_account_id(kAccountId);
  std::vector<std::string> seen;
  do {
    const auto page = world.staff->Call<ListInvitationsResponse>(request);
    REQUIRE(page.ok());
    for (const Invitation& invitation : page->invitations()) {
      seen.push_back(invitation.contact_id());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  CHECK(seen == std::vector<std::string>{"con_4", "con_3", "con_2", "con_1", "con_0"});

  request.set_state(INVITATION_STATE_SENT);
  CHECK(world.staff->Call<ListInvitationsResponse>(request)->invitations().empty());
  request.set_account_id("acc_other");
  request.set_page_token("nonsense");
  CHECK(absl::IsInvalidArgument(world.staff->Call<ListInvitationsResponse>(request).status()));
}

}  // namespace
}  // namespace portico::invitation
