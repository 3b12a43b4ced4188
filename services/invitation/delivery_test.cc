#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <memory>
#include <new>
#include <string>

#include "services/invitation/delivery_pipeline.h"
#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using portico::contact::v1::Contact;
using testing::SmtpStage;
using namespace portico::invitation::v1;

bool IsSuppressed(TestWorld& world, const std::string& address) {
  const auto suppressed = world.database->Read([&](storage::Session& session) {
    return world.stores.suppressions.IsSuppressed(session, address);
  });
  REQUIRE(suppressed.ok());
  return *suppressed;
}

TEST_CASE("A mail reaches the contact with link, names and both bodies", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.clock.Advance(absl::Seconds(3));
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  const testing::ReceivedMail mail = world.sink.mails()[0];
  CHECK(world.signature.MessageOf(mail.sender) == world.OnlyMessage().id());
  CHECK(mail.recipient == kEmail);
  const std::string text = Readable(mail);
  CHECK_THAT(text, Catch::Contains("From: \"North\" <north@hauler.example>"));
  CHECK_THAT(text, Catch::Contains("To: \"John Doe\" <john@example.com>"));
  CHECK_THAT(text, Catch::Contains("Subject: North invites you to the customer portal"));
  CHECK_THAT(text, Catch::Contains("text/plain") && Catch::Contains("text/html"));
  CHECK_THAT(text, Catch::Contains("Hello John Doe") && Catch::Contains("Renovation Gym"));
  CHECK_THAT(text, Catch::Contains("until 11 June 2026"));
  CHECK_THAT(text, Catch::Contains("https://portal.hauler.example/accept#token="));

  const Message message = world.OnlyMessage();
  CHECK_THAT(text, Catch::Contains(absl::StrCat("Message-ID: <", message.message_id(), ">")));
  CHECK(message.state() == MESSAGE_STATE_SENT);
  CHECK(message.attempt_count() == 1);
  CHECK(message.has_finish_time());
  CHECK_FALSE(message.has_due_time());
  REQUIRE(message.attempts_size() == 1);
  CHECK(message.attempts(0).outcome() == DELIVERY_OUTCOME_ACCEPTED);
  CHECK(message.attempts(0).reply_code() == 250);

  const Invitation sent = world.Get(invitation.id());
  CHECK(sent.state() == INVITATION_STATE_SENT);
  CHECK(sent.send_time().seconds() == invitation.create_time().seconds() + 3);
  CHECK(sent.attempts_size() == 1);
  CHECK(world.Published(invitation.id()) ==
        std::vector<InvitationState>{INVITATION_STATE_PENDING, INVITATION_STATE_SENT});
  CHECK_THAT(world.metrics.Text(), Catch::Contains("portico_deliveries_total") &&
                                       Catch::Contains("DELIVERY_OUTCOME_ACCEPTED"));
}

TEST_CASE("A mail refused for now is sent later, with the same Message-ID", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.DropOnce(SmtpStage::kContent);  // The server has the mail, but we cannot know.
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  const Message waiting = world.OnlyMessage();
  CHECK(waiting.state() == MESSAGE_STATE_WAITING);
  CHECK(waiting.due_time().seconds() > waiting.create_time().seconds());

  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
  world.clock.Advance(absl::Seconds(6));
  world.sink.ReplyOnce(SmtpStage::kRecipient, "451 4.7.1 greylisted, come back");
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
  world.clock.Advance(absl::Seconds(36));
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 2);
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);

  const std::string header = absl::StrCat("Message-ID: <", waiting.message_id(), ">");
  for (const testing::ReceivedMail& mail : world.sink.mails()) {
    CHECK_THAT(mail.data, Catch::Contains(header));
  }
  CHECK(TokenIn(world.sink.mails()[0]) == TokenIn(world.sink.mails()[1]));
  const Message sent = world.OnlyMessage();
  REQUIRE(sent.attempts_size() == 3);
  CHECK(sent.attempts(1).outcome() == DELIVERY_OUTCOME_DEFERRED);
  CHECK(sent.attempts(1).reply_code() == 451);
  CHECK(sent.attempts(1).enhanced_status() == "4.7.1");
  CHECK(world.Published(invitation.id()) == std::vector<InvitationState>{INVITATION_STATE_PENDING,
                                                                         INVITATION_STATE_DEFERRED,
                                                                         INVITATION_STATE_SENT});
}

TEST_CASE("What came of a mail counts though clocks are finer than what is stored", "[delivery]") {
  TestWorld world;
  world.clock.Advance(absl::Nanoseconds(789));
  const Invitation invitation = world.Invite();
  world.sink.ReplyOnce(SmtpStage::kRecipient, "451 4.7.1 greylisted, come back");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  world.clock.Advance(absl::Seconds(6));
  world.sink.ReplyToRecipient(kEmail, "550 5.1.1 no such user");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_BOUNCED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_BOUNCED);
}

TEST_CASE("A refused recipient bounces, and is never written to again", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.ReplyToRecipient(kEmail, "550 5.1.1 no such user");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_BOUNCED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_BOUNCED);
  CHECK(IsSuppressed(world, "JOHN@example.com"));
  const auto again = world.Send();
  CHECK(rpc::ReasonOf(again.status()) == "EMAIL_SUPPRESSED");
  CHECK(rpc::ReasonOf(world.Resend(invitation.id()).status()) == "EMAIL_SUPPRESSED");

  // With its address put right, it can be sent again.
  world.clock.Advance(absl::Seconds(1));
  world.peers.PutContact(world.John("right@example.com"));
  REQUIRE(world.Resend(invitation.id()).ok());
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A refusal is recorded though the clock is finer than what is stored", "[delivery]") {
  TestWorld world;
  world.clock.Advance(absl::Nanoseconds(333));
  const Invitation invitation = world.Invite();
  world.sink.ReplyToRecipient(kEmail, "550 5.1.1 no such user");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_BOUNCED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_BOUNCED);
}

TEST_CASE("An address that refused one contact's mail gets no other contact's", "[delivery]") {
  TestWorld world;
  Contact ann = world.John();
  ann.set_id("con_ann");
  REQUIRE(world.FromContact({world.Created(world.John()), world.Created(ann)}).ok());
  world.sink.ReplyOnce(SmtpStage::kRecipient, "550 5.1.1 no such user");
  world.Deliver();
  CHECK(world.sink.mails().empty());
  CHECK(world.Count("select count(*) from delivery_attempt") == 1);
  CHECK(world.Count("select count(*) from invitation where state = 5") == 2);
  CHECK(world.Count("select count(*) from message where state = 5 "
                    "and cancel_reason = 'EMAIL_SUPPRESSED' and sealed_token = ''") == 1);
}

TEST_CASE("A refused sender fails the mail and suppresses nobody", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.ReplyOnce(SmtpStage::kSender, "550 5.7.1 not from you");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_FAILED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_FAILED);
  CHECK_FALSE(IsSuppressed(world, kEmail));
  const absl::StatusOr<Invitation> again = world.Send();
  REQUIRE(again.ok());
  CHECK(again->id() != invitation.id());
}

TEST_CASE("What fails for two days has failed", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.ReplyAlways(SmtpStage::kSender, "451 4.3.0 later");
  int rounds = 0;
  while (world.Get(invitation.id()).state() != INVITATION_STATE_FAILED && ++rounds < 200) {
    world.Deliver();
    world.clock.Advance(absl::Minutes(30));
  }
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_FAILED);
  CHECK(world.clock.Now() - absl::FromUnixSeconds(invitation.create_time().seconds()) <=
        absl::Hours(49));
  CHECK(world.OnlyMessage().attempt_count() > 40);
}

TEST_CASE("During an outage one mail at a time is tried, and all go out afterwards", "[delivery]") {
  TestWorld world;
  std::vector<events::Event> batch;
  for (int i = 0; i < 20; ++i) {
    Contact contact = world.John(absl::StrCat("john", i, "@example.com"));
    contact.set_id(absl::StrCat("con_", i));
    batch.push_back(world.Created(contact));
  }
  REQUIRE(world.FromContact(batch).ok());
  world.sink.Stop();
  world.Deliver();
  CHECK(world.Count("select count(*) from delivery_attempt") == 1);
  world.Deliver();
  CHECK(world.Count("select count(*) from delivery_attempt") == 1);
  CHECK(world.Count("select count(*) from message where lease_until > 0") == 0);
  CHECK(world.dispatcher.RunOnce() == absl::Seconds(1));

  world.sink.Start();
  world.clock.Advance(absl::Seconds(7));
  world.Deliver();
  CHECK(world.sink.mails().size() == 20);
  CHECK(world.Count("select count(*) from invitation where state = 2") == 20);
}

TEST_CASE("The one mail allowed to try whether an outage is over, given back, lets the next try",
          "[delivery]") {
  TestWorld world;
  world.Invite();
  world.sink.DropOnce(SmtpStage::kSender);
  world.Deliver();
  world.clock.Advance(absl::Seconds(7));
  // One whose clock is set forward once it has claimed the mail: its lease is over.
  testing::FakeClock later(world.clock.Now() + absl::Hours(1));
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  REQUIRE(transports.ok());
  Deliverer late(world.queue, world.channel, world.recorder, (*transports)(), world.writer,
                 world.brake, later);
  world.dispatcher.RunOnce();
  CHECK(late.RunOnce(absl::ZeroDuration()));
  CHECK(world.sink.mails().empty());
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("A mail on its way when its invitation was revoked stays revoked", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.BeforeReply(SmtpStage::kContent, [&] { (void)world.Revoke(invitation.id()); });
  world.Deliver();
  world.sink.BehaveAgain();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_REVOKED);
  CHECK(world.Get(invitation.id()).has_send_time());
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_SENT);
  REQUIRE(world.sink.mails().size() == 1);
  CHECK(rpc::ReasonOf(world.LookUp(TokenIn(world.sink.mails()[0])).status()) ==
        "INVITATION_REVOKED");
}

TEST_CASE("A mail that no longer fits its contact is not sent, whoever missed it", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  // As if the change had come without its consequences.
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return world.stores.recipients
                    .Learn(session, world.John("new@example.com"), Source::kEvent, "")
                    .status();
              })
              .ok());
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  CHECK(world.sink.mails()[0].recipient == "new@example.com");
  CHECK(world.Get(invitation.id()).revoke_reason() == "EMAIL_CHANGED");
}

TEST_CASE("A mail to a contact that is unknown ends with its invitation", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return session.Execute("delete from recipient").status();
              })
              .ok());
  world.Deliver();
  CHECK(world.sink.mails().empty());
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_REVOKED);
  CHECK(world.Get(invitation.id()).revoke_reason() == "CONTACT_UNKNOWN");
  CHECK(world.OnlyMessage().cancel_reason() == "CONTACT_UNKNOWN");
}

class ThrowingTransport : public mail::Transport {
 public:
  mail::DeliveryResult Deliver(const mail::Envelope&, std::string_view) override {
    throw std::bad_alloc();
  }
};

TEST_CASE("A want of memory delays mail and does not fail it", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  Deliverer poor(world.queue, world.channel, world.recorder,
                 std::make_unique<ThrowingTransport>(), world.writer, world.brake, world.clock);
  world.dispatcher.RunOnce();
  poor.RunOnce(absl::ZeroDuration());
  world.recorder.RunOnce(absl::ZeroDuration());
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  world.clock.Advance(absl::Seconds(6));
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A fault of the database while a mail is made delays it", "[delivery]") {
  TestWorld world;
  const auto rename = [&](const std::string& from, const std::string& to) {
    REQUIRE(world.database
                ->Write([&](storage::Session& session) {
                  return session.Execute(absl::StrCat("alter table ", from, " rename to ", to))
                      .status();
                })
                .ok());
  };
  const Invitation invitation = world.Invite();
  rename("template_version", "hidden");
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  rename("hidden", "template_version");
  world.clock.Advance(absl::Seconds(6));
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A mail that cannot be made fails alone", "[delivery]") {
  TestWorld world;
  const Invitation broken = world.Invite();
  REQUIRE(
      world.database
          ->Write([&](storage::Session& session) {
            return session.Execute("update message set placeholder_values = 'no json'").status();
          })
          .ok());
  Contact ann = world.John("ann@example.com");
  ann.set_id("con_ann");
  REQUIRE(world.FromContact({world.Created(ann)}).ok());
  world.Deliver();
  CHECK(world.Get(broken.id()).state() == INVITATION_STATE_FAILED);
  REQUIRE(world.sink.mails().size() == 1);
  CHECK(world.sink.mails()[0].recipient == "ann@example.com");
}

TEST_CASE("A missing seal key delays mail and does not fail it", "[delivery]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const auto other = auth::Sealer::FromText(auth::NewKeyLine());
  REQUIRE(other.ok());
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  REQUIRE(transports.ok());
  LetterWriter writer(*world.database, world.stores.templates, *other, world.signature,
                      world.clock);
  Deliverer keyless(world.queue, world.channel, world.recorder, (*transports)(), writer,
                    world.brake, world.clock);
  world.dispatcher.RunOnce();
  keyless.RunOnce(absl::ZeroDuration());
  world.recorder.RunOnce(absl::ZeroDuration());
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  world.clock.Advance(absl::Seconds(6));
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A token is stored nowhere in the clear", "[delivery]") {
  TestWorld world;
  world.Invite();
  const auto sealed = [&] {
    return world.Count("select count(*) from message where sealed_token <> ''");
  };
  CHECK(sealed() == 1);
  const std::string token = world.DeliverToken();
  CHECK(sealed() == 0);
  std::string bits;
  REQUIRE(absl::WebSafeBase64Unescape(token, &bits));
  const std::string stored = world.database.Contents();
  REQUIRE(absl::StrContains(stored, kEmail));  // The right bytes are looked at.
  for (const std::string& form : {token, absl::Base64Escape(token), bits, absl::Base64Escape(bits),
                                  absl::BytesToHexString(bits)}) {
    CHECK_FALSE(absl::StrContains(stored, form));
  }
}

TEST_CASE("A worker's threads deliver as soon as mail is queued", "[delivery]") {
  TestWorld world;
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  REQUIRE(transports.ok());
  DeliveryPipeline pipeline(world.queue, world.results, world.signal, *transports, world.writer,
                            {}, world.metrics, world.clock);
  pipeline.Start();
  world.Invite();
  CHECK(world.sink.WaitForMails(1, absl::Seconds(30)));
  pipeline.Stop();
  CHECK(world.Invitations()[0].state() == INVITATION_STATE_SENT);
  CHECK_THAT(world.metrics.Text(), Catch::Contains("portico_mails_waiting{lane=\"awaited\"} 0"));
}

TEST_CASE("A stop lets the mail on its way finish", "[delivery]") {
  TestWorld world;
  const auto transports = mail::MakeTransportFactory({.url = Secret(world.sink.url())});
  REQUIRE(transports.ok());
  absl::Notification under_way, go_on;
  world.sink.BeforeReply(SmtpStage::kContent, [&] {
    under_way.Notify();
    go_on.WaitForNotification();
  });
  const Invitation invitation = world.Invite();
  DeliveryPipeline pipeline(world.queue, world.results, world.signal, *transports, world.writer,
                            {}, world.metrics, world.clock);
  pipeline.Start();
  under_way.WaitForNotification();
  std::thread stopping([&] { pipeline.Stop(); });
  go_on.Notify();
  stopping.join();
  world.sink.BehaveAgain();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("Mails are listed by contact and state, and one is answered with its attempts",
          "[delivery]") {
  TestWorld world;
  world.Invite();
  ListMessagesRequest request;
  request.set_state(MESSAGE_STATE_SENT);
  CHECK(world.staff->Call<ListMessagesResponse>(request)->messages().empty());
  world.Deliver();
  const auto sent = world.staff->Call<ListMessagesResponse>(request);
  REQUIRE(sent->messages_size() == 1);
  CHECK(sent->messages(0).attempts().empty());
  GetMessageRequest unknown;
  unknown.set_id("msg_none");
  CHECK(absl::IsNotFound(world.staff->Call<GetMessageResponse>(unknown).status()));
}

}  // namespace
}  // namespace portico::invitation
