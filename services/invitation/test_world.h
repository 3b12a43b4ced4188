#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/events/event_log.h"
#include "libs/events/subscription.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/smtp_sink.h"
#include "libs/testing/temp_database.h"
#include "libs/testing/test_service.h"
#include "services/invitation/account_events.h"
#include "services/invitation/bulk_clerk.h"
#include "services/invitation/bulk_feeder.h"
#include "services/invitation/bulk_send_service.h"
#include "services/invitation/contact_events.h"
#include "services/invitation/deliverer.h"
#include "services/invitation/delivery_reports.h"
#include "services/invitation/delivery_service.h"
#include "services/invitation/dispatcher.h"
#include "services/invitation/expiry.h"
#include "services/invitation/fake_peers.h"
#include "services/invitation/invitation_service.h"
#include "services/invitation/membership_events.h"
#include "services/invitation/reminders.h"
#include "services/invitation/recipient_projection.h"
#include "services/invitation/template_service.h"

namespace portico::invitation {

inline constexpr char kAccountId[] = "acc_gym";
inline constexpr char kContactId[] = "con_john";
inline constexpr char kEmail[] = "john@example.com";
inline constexpr char kBounceAddress[] = "bounces@mail.hauler.example";

// For tests: the whole service over the wire on a database of its own, between
// fake peers and a real mail sink. Its clock stands still and nothing runs by
// itself: tests hand in events and call the workers' steps.
class TestWorld {
 public:
  TestWorld();

  // John Doe of Renovation Gym, as changed at the present time.
  portico::contact::v1::Contact John(const std::string& email = kEmail) const;

  // The next event of the contact's or of the registration service's log.
  events::Event Created(const portico::contact::v1::Contact& contact);
  events::Event Updated(const portico::contact::v1::Contact& contact);
  events::Event Told(const google::protobuf::Message& payload);
  events::Event Joined(const std::string& contact_id, const std::string& portal_user_id);

  // Applies events as its subscription does, all of them in one batch.
  absl::Status FromContact(const std::vector<events::Event>& events);
  absl::Status FromRegistration(const std::vector<events::Event>& events);
  // The same of the account service's log, told at the present time.
  absl::Status FromAccount(const std::vector<const google::protobuf::Message*>& payloads);
  // Has the recipients counted as they stand now.
  void Project();
  // Creates John and applies the event; answers his invitation.
  Invitation Invite();

  // Calls as staff with all permissions, or as the registration service.
  absl::StatusOr<Invitation> Send(const std::string& contact_id = kContactId,
                                  const std::string& template_id = "");
  absl::StatusOr<Invitation> Resend(const std::string& id);
  absl::StatusOr<Invitation> Revoke(const std::string& id);
  absl::StatusOr<v1::CreateInvitationLinkResponse> CreateLink(
      const std::string& contact_id = kContactId);
  absl::Status RenewExpired(const std::string& token);
  absl::StatusOr<Invitee> LookUp(const std::string& token);
  absl::StatusOr<Invitee> Redeem(const std::string& invitation_id, const std::string& token,
                                 const std::string& acceptance_id);

  // All of the contact's, the latest first, as the API answers them.
  std::vector<Invitation> Invitations(const std::string& contact_id = kContactId);
  std::vector<Message> Messages(const std::string& contact_id = kContactId);
  // A message with its attempts; the only one that there is.
  Message GetMessage(const std::string& id);
  Message OnlyMessage();
  v1::Decision Decision(const std::string& contact_id = kContactId);
  Invitation Get(const std::string& id);

  // Runs dispatcher, worker and recorder until nothing is due.
  void Deliver();
  // The token in the latest mail, after delivering what waits.
  std::string DeliverToken();

  // The states that were published for an invitation, in order.
  std::vector<v1::InvitationState> Published(const std::string& invitation_id);
  // The number that `sql` selects.
  int64_t Count(const std::string& sql);

  testing::FakeClock clock;
  FakePeers peers;
  testing::SmtpSink sink;
  CommitSignal signal, stale_signal;
  testing::TempDatabase database;
  events::EventLog log;
  auth::Sealer sealer;
  Stores stores;
  Inviter inviter;
  rpc::Peer account_peer, contact_peer;
  FactSource facts;
  ContactEvents contact_events;
  AccountEvents account_events;
  MembershipEvents membership_events;
  events::Subscription from_account, from_contact, from_registration;
  RecipientProjection projection;
  ManualInvitation manual;
  Redemption redemption;
  const SenderDomains sender_domains{{"hauler.example"}};
  BulkFeeder feeder;
  DeliveryQueue queue;
  DeliveryResults results;
  SendingBrake brake;
  rpc::Metrics metrics;
  DeliveryChannel channel;
  DeliveryRecorder recorder;
  Dispatcher dispatcher;
  MessageSignature signature;
  LetterWriter writer;
  Deliverer deliverer;
  Expiry expiry;
  Reminders reminders;
  InvitationService invitation_service;
  TemplatePreview preview;
  TemplateService template_service;
  DeliveryReports reports;
  Notices notices;
  DeliveryService delivery_service;
  BulkCreation bulk_creation;
  BulkControl bulk_control;
  BulkWatchers bulk_watchers;
  BulkClerk bulk_clerk;
  RecipientRebuild rebuild;
  BulkSendService bulk_send_service;
  testing::TestService service;
  std::optional<rpc::Peer> staff, registration;

 private:
  events::Event Next(int64_t& position, const google::protobuf::Message& payload);

  int64_t account_position_ = 0;
  int64_t contact_position_ = 0;
  int64_t registration_position_ = 0;
};

// A mail's body or header text with quoted-printable undone.
std::string Readable(const testing::ReceivedMail& mail);

// The token in a mail's link.
std::string TokenIn(const testing::ReceivedMail& mail);

}  // namespace portico::invitation
