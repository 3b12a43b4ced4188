#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "libs/events/event_log.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/temp_database.h"
#include "libs/testing/test_service.h"
#include "portico/account/v1/account_events.pb.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "portico/registration/v1/registration.pb.h"
#include "portico/registration/v1/session.pb.h"
#include "services/registration/acceptance_sweep.h"
#include "services/registration/acceptor.h"
#include "services/registration/account_events.h"
#include "services/registration/browser.h"
#include "services/registration/contact_events.h"
#include "services/registration/fake_invitations.h"
#include "services/registration/purge.h"
#include "services/registration/registration_service.h"
#include "services/registration/session_service.h"

namespace portico::registration {

inline constexpr char kContact[] = "con_john";
inline constexpr char kUserId[] = "John.Doe@Example.com";
inline constexpr char kPassword[] = "a heap of red leaves";

// For tests: the whole service over the wire, on a database of its own, with a
// fake invitation service and a clock that stands still.
class TestRegistration {
 public:
  TestRegistration();
  ~TestRegistration();

  // As when the process ends and starts again.
  void Restart();

  Browser NewBrowser() const;

  absl::StatusOr<v1::AcceptInvitationResponse> Accept(Browser& browser, const std::string& token,
                                                      const std::string& user_id = kUserId,
                                                      const std::string& password = kPassword);
  absl::StatusOr<v1::SignInResponse> SignIn(Browser& browser, const std::string& user_id = kUserId,
                                            const std::string& password = kPassword);
  absl::StatusOr<v1::GetSessionResponse> Me(Browser& browser);

  // A browser that has accepted an invitation of the contact.
  Browser SignedUp(const std::string& contact_id = kContact, const std::string& user_id = kUserId);

  // The number that `sql` selects.
  int64_t Count(const std::string& sql);

  // Lets registration hear an event of the account or the contact service.
  void Hear(const google::protobuf::Message& event);

  AcceptanceStore& acceptances();
  events::EventHandler& account_events();
  Authenticator& authenticator();
  AcceptanceSweep& sweep();
  Purge& purge();
  events::EventLog& events();
  PortalUserStore& portal_users();

  // What the next Restart takes.
  auth::PasswordHasherOptions hashing{.cost = auth::PasswordCost::Cheapest()};

  testing::FakeClock clock;
  FakeInvitations invitations;
  testing::TempDatabase database;

 private:
  void Apply(events::EventHandler& handler, const google::protobuf::Message& event);

  struct Process;
  std::unique_ptr<Process> process_;
};

}  // namespace portico::registration
