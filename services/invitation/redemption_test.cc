#include "services/invitation/redemption.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

template <class T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

TEST_CASE("A token tells whom it invites, and looking changes nothing", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  for (int i = 0; i < 3; ++i) {
    const absl::StatusOr<Invitee> invitee = world.LookUp(token);
    REQUIRE(invitee.ok());
    CHECK(invitee->invitation_id() == invitation.id());
    CHECK(invitee->contact_id() == kContactId);
    CHECK(invitee->contact_name() == "John Doe");
    CHECK(invitee->account_name() == "Renovation Gym");
    CHECK(invitee->email() == kEmail);
    CHECK(invitee->expire_time().seconds() == invitation.expire_time().seconds());
  }
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A forged token is nobody's", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.Deliver();
  for (const std::string& token : {std::string(43, 'A'), std::string("x"), std::string(150, '-')}) {
    CHECK(absl::IsNotFound(world.LookUp(token).status()));
    CHECK(absl::IsNotFound(world.Redeem(invitation.id(), token, "apt_1").status()));
  }
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A replaced link is nobody's, for ever", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  REQUIRE(world.Resend(invitation.id()).ok());
  CHECK(absl::IsNotFound(world.LookUp(token).status()));
  CHECK(absl::IsNotFound(world.Redeem(invitation.id(), token, "apt_1").status()));
}

TEST_CASE("A revoked invitation is refused", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  REQUIRE(world.Revoke(invitation.id()).ok());
  CHECK(Reason(world.LookUp(token)) == "INVITATION_REVOKED");
  CHECK(Reason(world.Redeem(invitation.id(), token, "apt_1")) == "INVITATION_REVOKED");
}

TEST_CASE("An expired invitation is refused, also when the clock steps back", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  world.clock.Advance(absl::Hours(14 * 24));
  CHECK(Reason(world.LookUp(token)) == "INVITATION_EXPIRED");
  CHECK(Reason(world.Redeem(invitation.id(), token, "apt_1")) == "INVITATION_EXPIRED");
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_EXPIRED);
  world.clock.Advance(-absl::Hours(24));
  CHECK(Reason(world.LookUp(token)) == "INVITATION_EXPIRED");
  CHECK(Reason(world.Redeem(invitation.id(), token, "apt_1")) == "INVITATION_EXPIRED");
}

TEST_CASE("An acceptance takes the invitation once and for ever", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  const absl::StatusOr<Invitee> first = world.Redeem(invitation.id(), token, "apt_1");
  REQUIRE(first.ok());
  CHECK(first->contact_id() == kContactId);
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_ACCEPTED);
  CHECK(world.Get(invitation.id()).has_accept_time());
  CHECK(world.Published(invitation.id()).back() == INVITATION_STATE_ACCEPTED);

  const size_t published = world.Published(invitation.id()).size();
  world.clock.Advance(absl::Hours(30 * 24));
  const absl::StatusOr<Invitee> again = world.Redeem(invitation.id(), token, "apt_1");
  REQUIRE(again.ok());
  CHECK(again->SerializeAsString() == first->SerializeAsString());
  CHECK(world.Published(invitation.id()).size() == published);

  CHECK(Reason(world.Redeem(invitation.id(), token, "apt_2")) == "INVITATION_ACCEPTED");
  CHECK(Reason(world.LookUp(token)) == "INVITATION_ACCEPTED");
  CHECK(absl::IsNotFound(world.Redeem(invitation.id(), std::string(43, 'A'), "apt_1").status()));
}

TEST_CASE("Nobody is invited again while the portal user is being made", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  REQUIRE(world.Redeem(invitation.id(), world.DeliverToken(), "apt_1").ok());
  CHECK(Reason(world.Send()) == "ALREADY_PORTAL_USER");
}

TEST_CASE("An invitation accepted by the mail of an earlier try sends no more mail",
          "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.DropOnce(testing::SmtpStage::kContent);  // The mail arrives, its answer is lost.
  const std::string token = world.DeliverToken();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  REQUIRE(world.Redeem(invitation.id(), token, "apt_1").ok());
  CHECK(world.Messages()[0].cancel_reason() == "INVITATION_ACCEPTED");
  world.clock.Advance(absl::Hours(1));
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("Of two acceptances at once one wins", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string token = world.DeliverToken();
  for (int round = 0; round < 20; ++round) {
    absl::StatusOr<Invitee> results[2];
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        results[i] = world.Redeem(invitation.id(), token, "apt_" + std::to_string(i));
      });
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(results[0].ok() != results[1].ok());
    CHECK(Reason(results[0].ok() ? results[1] : results[0]) == "INVITATION_ACCEPTED");
  }
}

TEST_CASE("A link that was mailed works although the mail was given up", "[redemption]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.DropOnce(testing::SmtpStage::kContent);
  const std::string token = world.DeliverToken();
  world.clock.Advance(absl::Hours(49));
  world.sink.ReplyOnce(testing::SmtpStage::kSender, "451 4.3.0 later");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_FAILED);
  CHECK(world.LookUp(token).ok());

  SECTION("until it is accepted") { CHECK(world.Redeem(invitation.id(), token, "apt_1").ok()); }
  SECTION("until another invitation is sent") {
    REQUIRE(world.Send().ok());
    CHECK(absl::IsNotFound(world.LookUp(token).status()));
    CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_FAILED);
  }
  SECTION("until the address changes") {
    REQUIRE(world.FromContact({world.Updated(world.John("new@example.com"))}).ok());
    CHECK(absl::IsNotFound(world.LookUp(token).status()));
  }
}

}  // namespace
}  // namespace portico::invitation
