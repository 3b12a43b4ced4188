#include <absl/strings/escaping.h>

#include <optional>

#include "libs/auth/sealer.h"
#include "libs/base/background_loop.h"
#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/events/event_service.h"
#include "libs/events/metrics.h"
#include "libs/events/publication.h"
#include "libs/mail/transport.h"
#include "libs/rpc/process.h"
#include "libs/storage/database_clock.h"
#include "libs/storage/request_log.h"
#include "migrations/events.h"
#include "migrations/invitation.h"
#include "migrations/storage.h"
#include "services/invitation/account_events.h"
#include "services/invitation/bulk_clerk.h"
#include "services/invitation/bulk_feeder.h"
#include "services/invitation/bulk_send_service.h"
#include "services/invitation/contact_events.h"
#include "services/invitation/delivery_pipeline.h"
#include "services/invitation/delivery_queue.h"
#include "services/invitation/delivery_service.h"
#include "services/invitation/expiry.h"
#include "services/invitation/facts.h"
#include "services/invitation/invitation_service.h"
#include "services/invitation/invitation_settings.h"
#include "services/invitation/inviter.h"
#include "services/invitation/commit_signal.h"
#include "services/invitation/manual_invitation.h"
#include "services/invitation/membership_events.h"
#include "services/invitation/recipient_projection.h"
#include "services/invitation/redemption.h"
#include "services/invitation/returned_mail_reader.h"
#include "services/invitation/reminders.h"
#include "services/invitation/stores.h"
#include "services/invitation/template_preview.h"
#include "services/invitation/template_service.h"

namespace portico::invitation {

// A file has one process at a time, which thus is its own predecessor.
std::string InstanceOf(const Settings& settings, storage::Engine engine) {
  if (!settings.instance.empty()) return settings.instance;
  return engine == storage::Engine::kSqlite ? "invitation"
                                            : absl::BytesToHexString(RandomBytes(8));
}

DeliveryLimits LimitsOf(const Settings& settings) {
  return {.per_second = static_cast<double>(settings.delivery_max_per_second),
          .per_domain_per_second =
              static_cast<double>(settings.delivery_max_per_domain_per_second)};
}

absl::Status Run(const Settings& settings) {
  ASSIGN_OR_RETURN(const auto process, rpc::Process::Start(settings.process));
  ASSIGN_OR_RETURN(const auth::Sealer sealer, auth::Sealer::FromFile(settings.seal.key_file));
  const mail::TransportOptions transport{.url = settings.smtp_url, .ca_file = settings.smtp_ca};
  ASSIGN_OR_RETURN(const auto make_transport, mail::MakeTransportFactory(transport));

  // Raised by the database's commits, so they outlive it.
  CommitSignal signal, stale_signal, gather_signal;
  ASSIGN_OR_RETURN(
      const auto database,
      storage::Open(storage::OptionsFrom(settings.database),
                    {migrations::storage(), migrations::events(), migrations::invitation()}));
  if (settings.database.migrate_only) return absl::OkStatus();
  storage::DatabaseClock clock(*database);
  RETURN_IF_ERROR(clock.Start());
  rpc::Peer account(process->PeerAt(settings.account.address));
  rpc::Peer contact(process->PeerAt(settings.contact.address));
  rpc::Peer registration(process->PeerAt(settings.registration.address));

  events::EventLog log(*database, "invitation", clock);
  ASSIGN_OR_RETURN(const auto broker, events::OpenBroker(settings.events));
  events::Publication publication(log, *database, broker.get(), settings.events);
  const storage::RequestLog requests(clock);
  const Stores stores(log, signal, stale_signal, clock);
  const Inviter inviter(stores, sealer, clock);
  const Defaults defaults{.portal_url = settings.portal_url,
                          .sender = DefaultSender(settings.portal_url),
                          .sender_domains = SenderDomains(settings.sender_domains)};
  FactSource facts(account, contact, defaults);
  RETURN_IF_ERROR(
      database->Write([&](storage::Session& session) { return stores.templates.Seed(session); }));

  ContactEvents contact_events(stores, inviter, facts, clock);
  AccountEvents account_events(stores);
  MembershipEvents membership_events(stores, inviter);
  events::Subscription from_account("invitation.accounts", "account", *database, account,
                                    account_events, clock, broker.get());
  events::Subscription from_contact("invitation.contacts", "contact", *database, contact,
                                    contact_events, clock, broker.get());
  events::Subscription from_registration("invitation.portal_users", "registration", *database,
                                         registration, membership_events, clock,
                                         broker.get());

  BulkFeeder feeder(*database, stores, inviter, defaults, clock);
  DeliveryQueue queue(*database, stores, inviter, clock,
                      {.owner = InstanceOf(settings, database->engine()),
                       .workers = static_cast<int>(settings.delivery_workers),
                       .longest_send = 2 * transport.total_timeout,
                       .give_up_after = settings.delivery_give_up},
                      [&](int limit, const MailLease& lease) { return feeder.Feed(limit, lease); });
  DeliveryResults results(*database, stores, clock, queue.options());
  const MessageSignature signature(sealer, settings.bounce_address);
  LetterWriter writer(*database, stores.templates, sealer, signature, clock);
  DeliveryPipeline delivery(queue, results, signal, make_transport, writer, LimitsOf(settings),
                            process->metrics(), clock);
  Expiry expiry(*database, stores, inviter, clock);
  Reminders reminders(*database, stores, inviter, facts, clock);
  RecipientProjection projection(*database, stores);
  events::ExportMetrics(process->metrics(), *database, log, publication,
                        {&from_account, &from_contact, &from_registration});

  ManualInvitation manual(*database, stores, inviter, facts, clock);
  const Redemption redemption(stores, inviter, clock);
  InvitationService invitation_service(*database, stores, manual, redemption);
  TemplatePreview preview(*database, stores.templates, stores.messages, facts, clock);
  TemplateService template_service(*database, stores.templates, preview, clock);
  const DeliveryReports reports(stores, clock);
  ReturnedMailReader returned_mail(*database, reports, signature, clock, settings.bounce_maildir);
  Notices notices(*database, stores, sealer, facts, clock);
  DeliveryService delivery_service(*database, stores, reports, notices, signature, clock);
  RecipientRebuild rebuild(*database, stores,
                           {{"accounts", account, account_events},
                            {"contacts", contact, contact_events},
                            {"portal users", registration, membership_events}});
  const BulkCreation bulk_creation(*database, stores, defaults.sender_domains, gather_signal,
                                   clock);
  const BulkControl bulk_control(*database, stores, settings.bulk_confirm_above, signal, clock);
  BulkWatchers bulk_watchers;
  BulkClerk bulk_clerk(*database, stores, inviter, signal, clock);
  BulkSendService bulk_send_service(*database, stores, bulk_creation, bulk_control, bulk_watchers,
                                    rebuild);
  events::EventService event_service(log,
                                     {stores.invitations.Snapshot(), stores.decisions.Snapshot()});
  const auto server = process->MakeServer();
  invitation_service.Register(*server);
  template_service.Register(*server);
  delivery_service.Register(*server);
  bulk_send_service.Register(*server);
  event_service.Register(*server);
  RETURN_IF_ERROR(server->Start());

  publication.Start();
  from_account.Start();
  from_contact.Start();
  from_registration.Start();
  delivery.Start();
  BackgroundLoop projecting("recipients", [&] { return projection.RunOnce(); });
  stale_signal.Listen([&] { projecting.Wake(); });
  BackgroundLoop gathering("bulk gather", [&] { return bulk_clerk.Gather(); });
  gather_signal.Listen([&] { gathering.Wake(); });
  BackgroundLoop moving("bulk sends", [&] {
    const absl::Duration rest = bulk_clerk.RunOnce();
    bulk_watchers.Wake();
    return rest;
  });
  std::optional<BackgroundLoop> returning;
  if (!settings.bounce_maildir.empty()) {
    returning.emplace("returned mail", [&] { return returned_mail.RunOnce(); });
  }
  BackgroundLoop expiring("expiry", [&] { return expiry.RunOnce(); });
  BackgroundLoop reminding("reminders", [&] { return reminders.RunOnce(); });
  events::Erasure erasure(*database);
  BackgroundLoop erasing("erasure", [&] { return erasure.RunOnce(); });
  BackgroundLoop forgetting("requests", [&] { return requests.Forget(*database); });
  const absl::Status served =
      process->ServeUntilStopped(*server, [&] { return database->Ping(); });
  stale_signal.Listen(nullptr);
  gather_signal.Listen(nullptr);
  return served;
}

}  // namespace portico::invitation

int main(int argc, char** argv) {
  portico::invitation::Settings settings;
  return portico::rpc::RunMain(
      argc, argv, "Decides who is invited, mails invitations and redeems them.",
      [&](auto& parser) { settings.Declare(parser); },
      [&] { return portico::invitation::Run(settings); });
}
