#include "services/invitation/facts.h"

#include <catch2/catch.hpp>

namespace portico::invitation {
namespace {

using portico::account::v1::BatchGetAccountsResponse;

const Defaults kDefaults{.portal_url = "http://127.0.0.1:8080", .sender = "noreply@portal.example"};

BatchGetAccountsResponse OneAccount(const std::string& division_email) {
  BatchGetAccountsResponse response;
  auto& account = *response.add_accounts();
  account.set_id("acc_1");
  account.set_division_id("div_1");
  auto& division = *response.add_divisions();
  division.set_id("div_1");
  division.set_display_name("North");
  division.set_email(division_email);
  return response;
}

TEST_CASE("The sender is the division's, else the portal's, else the default one", "[facts]") {
  BatchGetAccountsResponse response = OneAccount("north@hauler.example");
  CHECK(ReadFacts(response, kDefaults).Find("acc_1")->sender.address == "north@hauler.example");
  response.mutable_divisions(0)->set_email("nobody");
  CHECK(ReadFacts(response, kDefaults).Find("acc_1")->sender.address == "noreply@portal.example");
  response.mutable_portal_options()->set_invitation_from_email("portal@hauler.example");
  CHECK(ReadFacts(response, kDefaults).Find("acc_1")->sender.address == "portal@hauler.example");
  CHECK(ReadFacts(response, kDefaults).Find("acc_1")->sender.display_name == "North");
}

TEST_CASE("A sender of a domain that mail may not be sent from gives way to the next", "[facts]") {
  Defaults defaults = kDefaults;
  defaults.sender_domains = SenderDomains({"Hauler.example", "bücher.example"});
  BatchGetAccountsResponse response = OneAccount("north@hauler.EXAMPLE");
  const auto sender = [&] { return ReadFacts(response, defaults).Find("acc_1")->sender.address; };
  CHECK(sender() == "north@hauler.example");
  response.mutable_divisions(0)->set_email("north@bücher.example");
  CHECK(sender() == "north@bücher.example");
  response.mutable_divisions(0)->set_email("north@mail.hauler.example");
  CHECK(sender() == "noreply@portal.example");
  response.mutable_portal_options()->set_invitation_from_email("portal@elsewhere.example");
  CHECK(sender() == "noreply@portal.example");
  response.mutable_portal_options()->set_invitation_from_email("portal@hauler.example");
  CHECK(sender() == "portal@hauler.example");
}

TEST_CASE("The portal's options count before the defaults", "[facts]") {
  BatchGetAccountsResponse response = OneAccount("north@hauler.example");
  CHECK(ReadFacts(response, kDefaults).portal_url == "http://127.0.0.1:8080");
  CHECK(ReadFacts(response, kDefaults).terms.lifetime == absl::Hours(14 * 24));
  response.mutable_portal_options()->set_portal_url("https://portal.hauler.example/");
  response.mutable_portal_options()->mutable_invitation_lifetime()->set_seconds(3600);
  CHECK(ReadFacts(response, kDefaults).portal_url == "https://portal.hauler.example");
  CHECK(ReadFacts(response, kDefaults).terms.lifetime == absl::Hours(1));
}

TEST_CASE("An account without its class gives no access", "[facts]") {
  const Facts facts = ReadFacts(OneAccount("north@hauler.example"), kDefaults);
  CHECK_FALSE(facts.Find("acc_1")->class_portal_enabled);
  CHECK_FALSE(facts.Find("acc_1")->active);
  CHECK(facts.Find("acc_2") == nullptr);
}

TEST_CASE("The default sender is at the portal's host where that can have mail", "[facts]") {
  CHECK(DefaultSender("https://portal.hauler.example/x") == "noreply@portal.hauler.example");
  CHECK(DefaultSender("http://portal.hauler.example:8080") == "noreply@portal.hauler.example");
  CHECK(DefaultSender("http://localhost:8080") == "noreply@portal.invalid");
}

}  // namespace
}  // namespace portico::invitation
