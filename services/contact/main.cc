#include "libs/base/background_loop.h"
#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/events/event_service.h"
#include "libs/events/metrics.h"
#include "libs/events/publication.h"
#include "libs/rpc/process.h"
#include "libs/storage/database_clock.h"
#include "libs/storage/request_log.h"
#include "migrations/contact.h"
#include "migrations/events.h"
#include "migrations/storage.h"
#include "services/contact/access_service.h"
#include "services/contact/account_directory.h"
#include "services/contact/account_events.h"
#include "services/contact/contact_index.h"
#include "services/contact/contact_service.h"
#include "services/contact/contact_settings.h"
#include "services/contact/import_service.h"
#include "services/contact/contact_store.h"
#include "services/contact/portal_events.h"
#include "services/contact/saved_view_service.h"

namespace portico::contact {

absl::Status Run(const Settings& settings) {
  ASSIGN_OR_RETURN(const auto process, rpc::Process::Start(settings.process));
  ASSIGN_OR_RETURN(
      const auto database,
      storage::Open(storage::OptionsFrom(settings.database),
                    {migrations::storage(), migrations::events(), migrations::contact()}));
  if (settings.database.migrate_only) return absl::OkStatus();
  storage::DatabaseClock clock(*database);
  RETURN_IF_ERROR(clock.Start());
  rpc::Peer account(process->PeerAt(settings.account.address));
  rpc::Peer invitation(process->PeerAt(settings.invitation.address));
  rpc::Peer registration(process->PeerAt(settings.registration.address));

  events::EventLog log(*database, "contact", clock);
  ASSIGN_OR_RETURN(const auto broker, events::OpenBroker(settings.events));
  events::Publication publication(log, *database, broker.get(), settings.events);
  const storage::RequestLog requests(clock);
  AccountDirectory accounts(*database, account);
  const ActivityStore activities(clock);
  const ContactRows rows(log, activities, clock);
  ContactStore contacts(*database, rows, accounts, clock);
  ContactLinking linking(*database, rows, accounts);
  const ContactMerger merger(*database, rows);
  const ContactUpsert upsert(*database, rows, accounts);
  AccountMover mover(*database, rows, accounts);

  AccountEvents account_events(accounts, mover);
  InvitationEvents invitation_events(activities);
  RegistrationEvents registration_events(activities);
  events::Subscription from_account("contact.accounts", "account", *database, account,
                                    account_events, clock, broker.get());
  events::Subscription from_invitation("contact.invitations", "invitation", *database, invitation,
                                       invitation_events, clock, broker.get());
  events::Subscription from_registration("contact.portal_users", "registration", *database,
                                         registration, registration_events, clock,
                                         broker.get());
  events::ExportMetrics(process->metrics(), *database, log, publication,
                        {&from_account, &from_invitation, &from_registration});

  SavedViewStore views(*database, clock);
  ContactService contact_service(contacts, linking, merger, views, accounts);
  SavedViewService saved_view_service(views);
  AccessStore access(*database);
  AccessService access_service(access);
  ImportService import_service(upsert, account);
  events::EventService event_service(log, {contacts.Snapshot()});
  const auto server = process->MakeServer();
  contact_service.Register(*server);
  saved_view_service.Register(*server);
  access_service.Register(*server);
  import_service.Register(*server);
  event_service.Register(*server);
  RETURN_IF_ERROR(server->Start());

  publication.Start();
  from_account.Start();
  from_invitation.Start();
  from_registration.Start();
  events::Erasure erasure(*database);
  BackgroundLoop erasing("erasure", [&] { return erasure.RunOnce(); });
  ContactIndex index(*database, rows.table());
  BackgroundLoop indexing("contact index", [&] { return index.Step(); });
  BackgroundLoop learning("account numbers", [&] { return accounts.LearnNumbers(); });
  BackgroundLoop moving("account moves", [&] { return mover.Step(); });
  BackgroundLoop forgetting("requests", [&] { return requests.Forget(*database); });
  return process->ServeUntilStopped(*server, [&] { return database->Ping(); });
}

}  // namespace portico::contact

int main(int argc, char** argv) {
  portico::contact::Settings settings;
  return portico::rpc::RunMain(
      argc, argv, "Contacts of accounts and sites; publishes ContactCreated.",
      [&](auto& parser) { settings.Declare(parser); },
      [&] { return portico::contact::Run(settings); });
}
