#include "services/registration/membership_projection.h"

#include <catch2/catch.hpp>
#include <vector>

#include "portico/account/v1/account_events.pb.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

events::Event EventOf(const google::protobuf::Message& payload) {
  events::Event event;
  event.set_id("evt_1");
  event.mutable_data()->PackFrom(payload);
  return event;
}

events::Event Renamed(const std::string& account_id, const std::string& name) {
  account::v1::AccountUpdated updated;
  updated.mutable_account()->set_id(account_id);
  updated.mutable_account()->set_display_name(name);
  return EventOf(updated);
}

events::Event Moved(const std::string& contact_id, const std::string& site_id) {
  contact::v1::ContactUpdated updated;
  updated.mutable_contact()->set_id(contact_id);
  updated.mutable_contact()->set_site_id(site_id);
  return EventOf(updated);
}

void Apply(TestRegistration& registration, events::EventHandler& handler,
           std::vector<events::Event> events) {
  const auto effect = handler.Prepare(events);
  REQUIRE(effect.ok());
  REQUIRE(
      registration.database->Write([&](storage::Session& session) { return (*effect)(session); })
          .ok());
}

}  // namespace

TEST_CASE("A membership shows the present name of its account", "[membership]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  AccountNames names(registration.portal_users());
  Apply(registration, names,
        {Renamed("acc_gym", "Gym & Co"), Renamed("acc_other", "Another"),
         Renamed("acc_gym", "Gym Inc")});
  CHECK(registration.Me(browser)->memberships(0).account_name() == "Gym Inc");
}

TEST_CASE("A membership sees the present site of its contact", "[membership]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  ContactSites sites(registration.portal_users());

  Apply(registration, sites, {Moved(kContact, "sit_1"), Moved(kContact, "sit_2")});
  v1::Membership membership = registration.Me(browser)->memberships(0);
  CHECK_FALSE(membership.all_sites());
  REQUIRE(membership.site_ids_size() == 1);
  CHECK(membership.site_ids(0) == "sit_2");

  Apply(registration, sites, {Moved(kContact, ""), Moved("con_no_portal_user", "sit_1")});
  membership = registration.Me(browser)->memberships(0);
  CHECK(membership.all_sites());
  CHECK(membership.site_ids_size() == 0);
}

TEST_CASE("An event of another payload is refused", "[membership]") {
  TestRegistration registration;
  AccountNames names(registration.portal_users());
  const std::vector<events::Event> events{Moved(kContact, "sit_1")};
  CHECK(absl::IsInvalidArgument(names.Prepare(events).status()));
}

}  // namespace portico::registration
