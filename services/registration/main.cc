#include "libs/auth/password_hasher.h"
#include "libs/base/background_loop.h"
#include "libs/base/status_macros.h"
#include "libs/events/erasure.h"
#include "libs/events/event_service.h"
#include "libs/events/metrics.h"
#include "libs/events/publication.h"
#include "libs/rpc/process.h"
#include "libs/storage/database_clock.h"
#include "migrations/events.h"
#include "migrations/registration.h"
#include "migrations/storage.h"
#include "services/registration/acceptance_store.h"
#include "services/registration/acceptance_sweep.h"
#include "services/registration/acceptor.h"
#include "services/registration/account_events.h"
#include "services/registration/authenticator.h"
#include "services/registration/common_passwords.h"
#include "services/registration/contact_access_store.h"
#include "services/registration/contact_events.h"
#include "services/registration/invitation_client.h"
#include "services/registration/lockout_store.h"
#include "services/registration/portal_user_store.h"
#include "services/registration/purge.h"
#include "services/registration/registration_service.h"
#include "services/registration/registration_settings.h"
#include "services/registration/session_service.h"
#include "services/registration/session_store.h"

namespace portico::registration {

absl::Status Run(const Settings& settings) {
  ASSIGN_OR_RETURN(const auto process, rpc::Process::Start(settings.process));
  ASSIGN_OR_RETURN(
      const auto database,
      storage::Open(storage::OptionsFrom(settings.database),
                    {migrations::storage(), migrations::events(), migrations::registration()}));
  if (settings.database.migrate_only) return absl::OkStatus();
  storage::DatabaseClock clock(*database);
  RETURN_IF_ERROR(clock.Start());
  rpc::Peer account(process->PeerAt(settings.account.address));
  rpc::Peer contact(process->PeerAt(settings.contact.address));
  rpc::Peer invitation(process->PeerAt(settings.invitation.address));

  events::EventLog log(*database, "registration", clock);
  ASSIGN_OR_RETURN(const auto broker, events::OpenBroker(settings.events));
  events::Publication publication(log, *database, broker.get(), settings.events);
  PortalUserStore portal_users;
  SessionStore sessions(*database, clock, settings.sessions);
  LockoutStore lockouts(*database, clock, settings.lockout);
  ContactAccessStore contact_access;
  AcceptanceStore acceptances(*database, log, contact_access, portal_users, sessions,
                              clock);

  auth::PasswordHasher hasher({});
  const CommonPasswords common_passwords(settings.common_passwords);
  InvitationClient invitations(invitation);
  Authenticator authenticator(*database, log, portal_users, sessions, lockouts, hasher);
  Acceptor acceptor(invitations, acceptances, sessions, authenticator, hasher, common_passwords);
  AcceptanceSweep sweep(acceptances, acceptor);
  Purge purge(sessions, lockouts);

  AccountEvents account_events(contact_access, portal_users, lockouts);
  ContactEvents contact_events(contact_access, portal_users, sessions);
  events::Subscription from_account("registration.accounts", "account", *database, account,
                                    account_events, clock, broker.get());
  events::Subscription from_contact("registration.contacts", "contact", *database, contact,
                                    contact_events, clock, broker.get());
  events::ExportMetrics(process->metrics(), *database, log, publication,
                        {&from_account, &from_contact});

  RegistrationService registration_service(acceptor);
  SessionService session_service(*database, authenticator, sessions, portal_users);
  events::EventService event_service(log, {portal_users.Snapshot()});
  const auto server =
      process->MakeServer([&](const Secret& token) { return sessions.Authenticate(token); });
  registration_service.Register(*server);
  session_service.Register(*server);
  event_service.Register(*server);
  RETURN_IF_ERROR(server->Start());

  publication.Start();
  from_account.Start();
  from_contact.Start();
  BackgroundLoop sweeping("acceptances", [&] { return sweep.Step(); });
  events::Erasure erasure(*database);
  BackgroundLoop erasing("erasure", [&] { return erasure.RunOnce(); });
  BackgroundLoop purging("purge", [&] { return purge.Step(); });
  return process->ServeUntilStopped(*server, [&] { return database->Ping(); });
}

}  // namespace portico::registration

int main(int argc, char** argv) {
  portico::registration::Settings settings;
  return portico::rpc::RunMain(
      argc, argv, "Makes invited contacts portal users; signs them in and out.",
      [&](auto& parser) { settings.Declare(parser); },
      [&] { return portico::registration::Run(settings); });
}
