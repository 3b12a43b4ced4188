#include "services/registration/account_events.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "portico/account/v1/account_events.pb.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

account::v1::AccountUpdated Renamed(const std::string& account_id, const std::string& name) {
  account::v1::AccountUpdated updated;
  updated.mutable_account()->set_id(account_id);
  updated.mutable_account()->set_display_name(name);
  return updated;
}

account::v1::PortalOptionsUpdated LockedAfter(int failures, absl::Duration duration) {
  account::v1::PortalOptionsUpdated updated;
  updated.mutable_portal_options()->set_lockout_threshold(failures);
  updated.mutable_portal_options()->mutable_lockout_duration()->set_seconds(
      absl::ToInt64Seconds(duration));
  return updated;
}

void FailToSignIn(TestRegistration& registration, int times) {
  Browser browser = registration.NewBrowser();
  for (int i = 0; i < times; ++i) {
    CHECK_FALSE(registration.SignIn(browser, kUserId, "a heap of green leaves").ok());
  }
}

// What comes of an event in its transaction.
absl::Status Applied(TestRegistration& registration, const google::protobuf::Message& payload) {
  std::vector<events::Event> events(1);
  events[0].mutable_data()->PackFrom(payload);
  const auto effect = registration.account_events().Prepare(events);
  if (!effect.ok()) return effect.status();
  return registration.database->Write(
      [&](storage::Session& session) { return (*effect)(session); });
}

}  // namespace

TEST_CASE("A membership shows the present name of its account", "[account_events]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  registration.Hear(Renamed("acc_gym", "Gym & Co"));
  registration.Hear(Renamed("acc_other", "Another"));
  registration.Hear(Renamed("acc_gym", "Gym Inc"));
  CHECK(registration.Me(browser)->memberships(0).account_name() == "Gym Inc");
}

TEST_CASE("The portal options say when a user is locked and for how long", "[account_events]") {
  TestRegistration registration;
  registration.SignedUp();
  Browser browser = registration.NewBrowser();
  registration.Hear(LockedAfter(5, absl::Hours(5)));
  registration.Hear(LockedAfter(3, absl::Hours(2)));

  FailToSignIn(registration, 2);
  CHECK(registration.SignIn(browser).ok());
  FailToSignIn(registration, 3);
  registration.clock.Advance(absl::Hours(2) - absl::Seconds(1));
  registration.purge().Step();
  CHECK_FALSE(registration.SignIn(browser).ok());
  registration.Restart();
  browser = registration.NewBrowser();
  CHECK_FALSE(registration.SignIn(browser).ok());
  registration.clock.Advance(absl::Seconds(1));
  CHECK(registration.SignIn(browser).ok());
}

TEST_CASE("Options that would lock everybody or nobody are refused", "[account_events]") {
  TestRegistration registration;
  registration.SignedUp();
  CHECK(absl::IsInvalidArgument(Applied(registration, LockedAfter(0, absl::Hours(1)))));
  CHECK(absl::IsInvalidArgument(Applied(registration, LockedAfter(3, absl::ZeroDuration()))));
  Browser browser = registration.NewBrowser();
  FailToSignIn(registration, 9);
  CHECK(registration.SignIn(browser).ok());
}

TEST_CASE("An event of another payload is refused", "[account_events]") {
  TestRegistration registration;
  CHECK(absl::IsInvalidArgument(Applied(registration, contact::v1::ContactUpdated())));
}

}  // namespace portico::registration
