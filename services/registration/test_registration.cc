#include "services/registration/test_registration.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "migrations/events.h"
#include "migrations/registration.h"

namespace portico::registration {

// What main wires.
struct TestRegistration::Process {
  Process(storage::Database& database, FakeInvitations& fake_invitations, const Clock& clock,
          auth::PasswordHasherOptions hashing)
      : hasher(hashing),
        events(database, "registration", clock),
        sessions(database, clock, SessionLifetimes()),
        lockouts(database, clock, LockoutPolicy()),
        acceptances(database, events, contact_access, portal_users, sessions, clock),
        authenticator(database, events, portal_users, sessions, lockouts, hasher),
        peer(fake_invitations.service().AsService("registration")),
        service([this](const Secret& token) { return sessions.Authenticate(token); }),
        session_service(database, authenticator, sessions, portal_users) {
    registration_service.Register(service.server());
    session_service.Register(service.server());
    service.Start();
  }

  auth::PasswordHasher hasher;
  CommonPasswords common_passwords{""};
  events::EventLog events;
  ContactAccessStore contact_access;
  PortalUserStore portal_users;
  SessionStore sessions;
  LockoutStore lockouts;
  AcceptanceStore acceptances;
  Authenticator authenticator;
  rpc::Peer peer;
  InvitationClient invitations{peer};
  Acceptor acceptor{invitations, acceptances, sessions, authenticator, hasher, common_passwords};
  AcceptanceSweep sweep{acceptances, acceptor};
  AccountEvents account_events{contact_access, portal_users, lockouts};
  ContactEvents contact_events{contact_access, portal_users, sessions};
  Purge purge{sessions, lockouts};
  testing::TestService service;
  RegistrationService registration_service{acceptor};
  SessionService session_service;
};

TestRegistration::TestRegistration()
    : clock(absl::FromUnixSeconds(1900000000)),
      database({migrations::registration(), migrations::events()},
               GENERATE(from_range(testing::DatabaseKinds()))) {
  Restart();
}

TestRegistration::~TestRegistration() = default;

void TestRegistration::Restart() {
  if (process_ != nullptr) {
    process_.reset();
    database.Reopen();
  }
  process_ = std::make_unique<Process>(*database, invitations, clock, hashing);
}

Browser TestRegistration::NewBrowser() const { return Browser(process_->service.address()); }

absl::StatusOr<v1::AcceptInvitationResponse> TestRegistration::Accept(Browser& browser,
                                                                      const std::string& token,
                                                                      const std::string& user_id,
                                                                      const std::string& password) {
  v1::AcceptInvitationRequest request;
  request.set_token(token);
  request.set_user_id(user_id);
  request.set_password(password);
  return browser.Call<v1::AcceptInvitationResponse>(request);
}

absl::StatusOr<v1::SignInResponse> TestRegistration::SignIn(Browser& browser,
                                                            const std::string& user_id,
                                                            const std::string& password) {
  v1::SignInRequest request;
  request.set_user_id(user_id);
  request.set_password(password);
  return browser.Call<v1::SignInResponse>(request);
}

absl::StatusOr<v1::GetSessionResponse> TestRegistration::Me(Browser& browser) {
  return browser.Call<v1::GetSessionResponse>(v1::GetSessionRequest());
}

Browser TestRegistration::SignedUp(const std::string& contact_id, const std::string& user_id) {
  Browser browser = NewBrowser();
  const auto accepted = Accept(browser, invitations.Invite(contact_id), user_id);
  if (!accepted.ok()) throw std::runtime_error(accepted.status().ToString());
  return browser;
}

int64_t TestRegistration::Count(const std::string& sql) {
  const auto row =
      database->Read([&](storage::Session& session) { return session.SelectOne<int64_t>(sql); });
  return std::get<0>(row.value().value());
}

void TestRegistration::Hear(const google::protobuf::Message& event) {
  if (event.GetDescriptor()->file()->package() == "portico.account.v1") {
    Apply(process_->account_events, event);
  } else {
    Apply(process_->contact_events, event);
  }
}

void TestRegistration::Apply(events::EventHandler& handler,
                             const google::protobuf::Message& payload) {
  std::vector<events::Event> events(1);
  events[0].set_id("evt_1");
  events[0].mutable_data()->PackFrom(payload);
  const auto effect = handler.Prepare(events);
  const absl::Status applied =
      effect.ok() ? database->Write([&](storage::Session& session) { return (*effect)(session); })
                  : effect.status();
  if (!applied.ok()) throw std::runtime_error(applied.ToString());
}

AcceptanceStore& TestRegistration::acceptances() { return process_->acceptances; }
events::EventHandler& TestRegistration::account_events() { return process_->account_events; }
Authenticator& TestRegistration::authenticator() { return process_->authenticator; }
AcceptanceSweep& TestRegistration::sweep() { return process_->sweep; }
Purge& TestRegistration::purge() { return process_->purge; }
events::EventLog& TestRegistration::events() { return process_->events; }
PortalUserStore& TestRegistration::portal_users() { return process_->portal_users; }

}  // namespace portico::registration
