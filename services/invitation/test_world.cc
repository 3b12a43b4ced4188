#include "services/invitation/test_world.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <google/protobuf/util/time_util.h>

#include <catch2/catch.hpp>
#include <regex>

#include "libs/auth/opaque_token.h"
#include "migrations/events.h"
#include "migrations/invitation.h"
#include "migrations/storage.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "portico/invitation/v1/invitation_events.pb.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/invitation/default_template.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using portico::contact::v1::Contact;

namespace {

template <class T>
T Value(absl::StatusOr<T> result) {
  INFO(result.status());
  REQUIRE(result.ok());
  return *std::move(result);
}

std::unique_ptr<mail::Transport> TransportTo(const std::string& url) {
  return Value(mail::MakeTransportFactory({.url = Secret(url)}))();
}

absl::Status Apply(events::Subscription& subscription, const std::vector<events::Event>& events) {
  portico::events::v1::WatchEventsResponse batch;
  for (const events::Event& event : events) {
    *batch.add_events() = event;
    batch.set_position(event.position());
  }
  return subscription.Apply(batch);
}

}  // namespace

TestWorld::TestWorld()
    : clock(absl::FromUnixSeconds(1'780'000'000)),
      database({migrations::storage(), migrations::events(), migrations::invitation()},
               GENERATE(from_range(testing::DatabaseKinds()))),
      log(*database, "invitation", clock),
      sealer(Value(auth::Sealer::FromText(auth::NewKeyLine()))),
      stores(log, signal, stale_signal, clock),
      inviter(stores, sealer, clock),
      account_peer(peers.service().AsService("invitation")),
      contact_peer(peers.service().AsService("invitation")),
      facts(account_peer, contact_peer,
            {.portal_url = "http://127.0.0.1:8080", .sender = "noreply@portal.example"}),
      contact_events(stores, inviter, facts, clock),
      account_events(stores),
      membership_events(stores, inviter),
      from_account("accounts", "account", *database, contact_peer, account_events, clock),
      from_contact("contacts", "contact", *database, contact_peer, contact_events, clock),
      from_registration("users", "registration", *database, contact_peer, membership_events, clock),
      projection(*database, stores),
      manual(*database, stores, inviter, facts, clock),
      redemption(stores, inviter, clock),
      feeder(*database, stores, inviter,
             {.portal_url = "http://127.0.0.1:8080", .sender = "noreply@portal.example"}, clock),
      queue(*database, stores, inviter, clock, {.owner = "test", .presence = absl::Hours(1)},
            [this](int limit, const MailLease& lease) { return feeder.Feed(limit, lease); }),
      results(*database, stores, clock, queue.options()),
      brake(clock),
      channel({.awaited = 32, .bulk = 32}, clock),
      recorder(results, channel, metrics, /*most_waiting=*/8),
      dispatcher({.queue = queue,
                  .channel = channel,
                  .recorder = recorder,
                  .brake = brake,
                  .clock = clock,
                  .steady = clock},
                 {}),
      signature(sealer, kBounceAddress),
      writer(*database, stores.templates, sealer, signature, clock),
      deliverer(queue, channel, recorder, TransportTo(sink.url()), writer, brake, clock),
      expiry(*database, stores, inviter, clock),
      reminders(*database, stores, inviter, facts, clock),
      invitation_service(*database, stores, manual, redemption),
      preview(*database, stores.templates, stores.messages, facts, clock),
      template_service(*database, stores.templates, preview, clock),
      reports(stores, clock),
      notices(*database, stores, sealer, facts, clock),
      delivery_service(*database, stores, reports, notices, signature, clock),
      bulk_creation(*database, stores, sender_domains, signal, clock),
      bulk_control(*database, stores, /*confirm_above=*/2, signal, clock),
      bulk_clerk(*database, stores, inviter, signal, clock),
      rebuild(*database, stores, {}),
      bulk_send_service(*database, stores, bulk_creation, bulk_control, bulk_watchers, rebuild) {
  REQUIRE(database->Write([&](storage::Session& session) { return stores.templates.Seed(session); })
              .ok());
  REQUIRE(queue.Announce().ok());
  invitation_service.Register(service.server());
  template_service.Register(service.server());
  delivery_service.Register(service.server());
  bulk_send_service.Register(service.server());
  service.Start();
  staff.emplace(service.Staff({"invitations.read", "invitations.send", "templates.write", "delivery.report"}));
  registration.emplace(service.AsService("registration"));
}

Contact TestWorld::John(const std::string& email) const {
  Contact john;
  john.set_id(kContactId);
  john.set_account_id(kAccountId);
  john.mutable_name()->set_display("John Doe");
  john.set_email(email);
  *john.mutable_update_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(clock.Now()));
  return john;
}

events::Event TestWorld::Next(int64_t& position, const google::protobuf::Message& payload) {
  events::Event event;
  event.set_position(++position);
  event.set_id(absl::StrCat("evt_", position));
  event.set_type(payload.GetDescriptor()->full_name());
  event.mutable_data()->PackFrom(payload);
  return event;
}

events::Event TestWorld::Created(const Contact& contact) {
  portico::contact::v1::ContactCreated created;
  *created.mutable_contact() = contact;
  return Next(contact_position_, created);
}

events::Event TestWorld::Updated(const Contact& contact) {
  portico::contact::v1::ContactUpdated updated;
  *updated.mutable_contact() = contact;
  return Next(contact_position_, updated);
}

events::Event TestWorld::Told(const google::protobuf::Message& payload) {
  return Next(contact_position_, payload);
}

events::Event TestWorld::Joined(const std::string& contact_id, const std::string& portal_user_id) {
  portico::registration::v1::MembershipCreated created;
  created.mutable_portal_user()->set_id(portal_user_id);
  created.mutable_membership()->set_contact_id(contact_id);
  created.mutable_membership()->set_account_id(kAccountId);
  return Next(registration_position_, created);
}

absl::Status TestWorld::FromContact(const std::vector<events::Event>& events) {
  return Apply(from_contact, events);
}

absl::Status TestWorld::FromAccount(
    const std::vector<const google::protobuf::Message*>& payloads) {
  std::vector<events::Event> events;
  for (const google::protobuf::Message* payload : payloads) {
    events.push_back(Next(account_position_, *payload));
  }
  return Apply(from_account, events);
}

void TestWorld::Project() {
  while (projection.RunOnce() == absl::ZeroDuration()) {
  }
}

absl::Status TestWorld::FromRegistration(const std::vector<events::Event>& events) {
  return Apply(from_registration, events);
}

Invitation TestWorld::Invite() {
  peers.PutContact(John());
  REQUIRE(FromContact({Created(John())}).ok());
  REQUIRE(Invitations().size() == 1);
  return Invitations().front();
}

absl::StatusOr<Invitation> TestWorld::Send(const std::string& contact_id,
                                           const std::string& template_id) {
  v1::SendInvitationRequest request;
  request.set_contact_id(contact_id);
  request.set_template_id(template_id);
  const auto response = staff->Call<v1::SendInvitationResponse>(request);
  if (!response.ok()) return response.status();
  return response->invitation();
}

absl::StatusOr<Invitation> TestWorld::Resend(const std::string& id) {
  v1::ResendInvitationRequest request;
  request.set_id(id);
  const auto response = staff->Call<v1::ResendInvitationResponse>(request);
  if (!response.ok()) return response.status();
  return response->invitation();
}

absl::StatusOr<Invitation> TestWorld::Revoke(const std::string& id) {
  v1::RevokeInvitationRequest request;
  request.set_id(id);
  request.set_reason("typed by mistake");
  const auto response = staff->Call<v1::RevokeInvitationResponse>(request);
  if (!response.ok()) return response.status();
  return response->invitation();
}

absl::StatusOr<v1::CreateInvitationLinkResponse> TestWorld::CreateLink(
    const std::string& contact_id) {
  v1::CreateInvitationLinkRequest request;
  request.set_contact_id(contact_id);
  return staff->Call<v1::CreateInvitationLinkResponse>(request);
}

absl::Status TestWorld::RenewExpired(const std::string& token) {
  v1::RenewExpiredRequest request;
  request.set_token(token);
  return registration->Call<v1::RenewExpiredResponse>(request).status();
}

absl::StatusOr<Invitee> TestWorld::LookUp(const std::string& token) {
  v1::LookUpTokenRequest request;
  request.set_token(token);
  const auto response = registration->Call<v1::LookUpTokenResponse>(request);
  if (!response.ok()) return response.status();
  return response->invitee();
}

absl::StatusOr<Invitee> TestWorld::Redeem(const std::string& invitation_id,
                                          const std::string& token,
                                          const std::string& acceptance_id) {
  v1::RedeemInvitationRequest request;
  request.set_invitation_id(invitation_id);
  request.set_token_hash(auth::HashOpaqueToken(token));
  request.set_acceptance_id(acceptance_id);
  const auto response = registration->Call<v1::RedeemInvitationResponse>(request);
  if (!response.ok()) return response.status();
  return response->invitee();
}

std::vector<Invitation> TestWorld::Invitations(const std::string& contact_id) {
  v1::ListInvitationsRequest request;
  request.set_contact_id(contact_id);
  const auto response = Value(staff->Call<v1::ListInvitationsResponse>(request));
  return {response.invitations().begin(), response.invitations().end()};
}

std::vector<Message> TestWorld::Messages(const std::string& contact_id) {
  v1::ListMessagesRequest request;
  request.set_contact_id(contact_id);
  const auto response = Value(staff->Call<v1::ListMessagesResponse>(request));
  return {response.messages().begin(), response.messages().end()};
}

Message TestWorld::GetMessage(const std::string& id) {
  v1::GetMessageRequest request;
  request.set_id(id);
  const auto response = staff->Call<v1::GetMessageResponse>(request);
  REQUIRE(response.ok());
  return response->message();
}

Message TestWorld::OnlyMessage() {
  REQUIRE(Messages().size() == 1);
  return GetMessage(Messages()[0].id());
}

v1::Decision TestWorld::Decision(const std::string& contact_id) {
  v1::GetDecisionRequest request;
  request.set_contact_id(contact_id);
  return Value(staff->Call<v1::GetDecisionResponse>(request)).decision();
}

Invitation TestWorld::Get(const std::string& id) {
  v1::GetInvitationRequest request;
  request.set_id(id);
  return Value(staff->Call<v1::GetInvitationResponse>(request)).invitation();
}

void TestWorld::Deliver() {
  for (bool goes_on = true; goes_on;) {
    goes_on = dispatcher.RunOnce() == absl::ZeroDuration();
    while (deliverer.RunOnce(absl::ZeroDuration())) {
      recorder.RunOnce(absl::ZeroDuration());
      goes_on = true;
    }
  }
}

std::string TestWorld::DeliverToken() {
  const size_t before = sink.mails().size();
  Deliver();
  REQUIRE(sink.mails().size() == before + 1);
  return TokenIn(sink.mails().back());
}

std::vector<v1::InvitationState> TestWorld::Published(const std::string& invitation_id) {
  const auto batch =
      Value(log.ReadAfter(0, {v1::InvitationChanged::descriptor()->full_name()}, 1000));
  std::vector<v1::InvitationState> states;
  for (const events::Event& event : batch.events()) {
    v1::InvitationChanged changed;
    REQUIRE(event.data().UnpackTo(&changed));
    CHECK(event.partition() == changed.invitation().account_id());
    if (event.subject() == invitation_id) states.push_back(changed.invitation().state());
  }
  return states;
}

int64_t TestWorld::Count(const std::string& sql) {
  return std::get<0>(*Value(
      database->Read([&](storage::Session& session) { return session.SelectOne<int64_t>(sql); })));
}

std::string Readable(const testing::ReceivedMail& mail) {
  return absl::StrReplaceAll(mail.data, {{"=\r\n", ""}, {"=3D", "="}});
}

std::string TokenIn(const testing::ReceivedMail& mail) {
  const std::string text = Readable(mail);
  std::smatch found;
  REQUIRE(std::regex_search(text, found, std::regex("#token=([A-Za-z0-9_-]{43})")));
  return found[1];
}

}  // namespace portico::invitation
