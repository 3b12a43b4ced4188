#include "libs/auth/signer.h"
#include "libs/base/background_loop.h"
#include "libs/base/status_macros.h"
#include "libs/events/event_service.h"
#include "libs/events/metrics.h"
#include "libs/events/publication.h"
#include "libs/rpc/process.h"
#include "libs/storage/database_clock.h"
#include "libs/storage/request_log.h"
#include "migrations/account.h"
#include "migrations/events.h"
#include "migrations/storage.h"
#include "services/account/account_merge.h"
#include "services/account/account_service.h"
#include "services/account/account_settings.h"
#include "services/account/account_with_contacts.h"
#include "services/account/contact_client.h"
#include "services/account/enrollment_links.h"
#include "services/account/invoice_service.h"
#include "services/account/invoice_verifier.h"
#include "services/account/pending_contacts.h"
#include "services/account/setup_service.h"
#include "services/account/site_addresses.h"
#include "services/account/stores.h"

namespace portico::account {

absl::Status Run(const Settings& settings) {
  ASSIGN_OR_RETURN(const auto process, rpc::Process::Start(settings.process));
  ASSIGN_OR_RETURN(
      const auto database,
      storage::Open(storage::OptionsFrom(settings.database),
                    {migrations::storage(), migrations::events(), migrations::account()}));
  if (settings.database.migrate_only) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auth::Signer signer,
                   auth::Signer::FromFile(settings.enrollment.key_file));
  rpc::Peer contact(process->PeerAt(settings.contact.address));
  storage::DatabaseClock clock(*database);
  RETURN_IF_ERROR(clock.Start());

  events::EventLog log(*database, "account", clock);
  ASSIGN_OR_RETURN(const auto broker, events::OpenBroker(settings.events));
  events::Publication publication(log, *database, broker.get(), settings.events);
  const storage::RequestLog requests(clock);
  Stores stores(*database, log, clock);

  PendingContactsStore pending_contacts(*database, clock);
  ContactClient contacts(contact);
  AccountWithContacts with_contacts(stores, pending_contacts, contacts, process->metrics(), clock);
  AccountMerge merge(stores, pending_contacts, log, clock);
  SiteAddresses addresses(stores);
  InvoiceVerifier verifier(stores, signer, clock);
  EnrollmentLinks links(stores, signer, settings.portal_url, clock);

  AccountService account_service(stores, with_contacts, merge, addresses, clock);
  InvoiceService invoice_service(stores, verifier, links, clock);
  SetupService setup_service(stores);
  events::EventService event_service(log, stores.Snapshot());
  events::ExportMetrics(process->metrics(), *database, log, publication, {});

  const auto server = process->MakeServer();
  account_service.Register(*server);
  invoice_service.Register(*server);
  setup_service.Register(*server);
  event_service.Register(*server);
  RETURN_IF_ERROR(server->Start());

  publication.Start();
  BackgroundLoop sweeping("contacts", [&] { return with_contacts.Sweep(); });
  BackgroundLoop moving("merges", [&] { return merge.MoveOn(); });
  BackgroundLoop refreshing("addresses", [&] { return addresses.Refresh(); });
  BackgroundLoop forgetting("requests", [&] { return requests.Forget(*database); });
  return process->ServeUntilStopped(*server, [&] { return database->Ping(); });
}

}  // namespace portico::account

int main(int argc, char** argv) {
  portico::account::Settings settings;
  return portico::rpc::RunMain(
      argc, argv, "Accounts, sites, invoices, account classes and portal options.",
      [&](auto& parser) { settings.Declare(parser); },
      [&] { return portico::account::Run(settings); });
}
