#include "services/invitation/decision.h"

#include <catch2/catch.hpp>
#include <functional>
#include <utility>
#include <vector>

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

// What forbids an invitation, in the order of the enum, written down apart from the code.
struct Rule {
  DecisionReason reason;
  std::function<bool(const Conditions&, Trigger)> forbids;
};

const std::vector<Rule> kRules = {
    {DECISION_REASON_ALREADY_PORTAL_USER, [](auto& c, Trigger) { return c.is_portal_user; }},
    {DECISION_REASON_ALREADY_INVITED, [](auto& c, Trigger) { return c.has_live_invitation; }},
    {DECISION_REASON_ACCOUNT_NOT_ACTIVE,
     [](auto& c, Trigger) { return c.account_exists && !c.account_active; }},
    {DECISION_REASON_CLASS_PORTAL_DISABLED,
     [](auto& c, Trigger) { return c.account_exists && !c.class_portal_enabled; }},
    {DECISION_REASON_CLASS_AUTO_SEND_OFF,
     [](auto& c, Trigger trigger) {
       return trigger == Trigger::kContactCreated && c.account_exists && !c.class_auto_send;
     }},
    {DECISION_REASON_CONTACT_PORTAL_DISABLED,
     [](auto& c, Trigger) { return !c.contact_access_enabled; }},
    {DECISION_REASON_NO_EMAIL, [](auto& c, Trigger) { return c.email.empty(); }},
    {DECISION_REASON_INVALID_EMAIL, [](auto& c, Trigger) { return c.email == "john@"; }},
    {DECISION_REASON_EMAIL_SUPPRESSED, [](auto& c, Trigger) { return c.email_suppressed; }},
    {DECISION_REASON_ACCOUNT_NOT_FOUND, [](auto& c, Trigger) { return !c.account_exists; }},
};

DecisionReason Expected(const Conditions& conditions, Trigger trigger) {
  for (const Rule& rule : kRules) {
    if (rule.forbids(conditions, trigger)) return rule.reason;
  }
  return DECISION_REASON_ALL_CONDITIONS_MET;
}

TEST_CASE("Every combination of conditions has the first reason that forbids", "[decision]") {
  std::map<DecisionReason, int> seen;
  for (unsigned bits = 0; bits < 1u << 9; ++bits) {
    const auto bit = [bits](int index) { return (bits >> index & 1) != 0; };
    for (const char* email : {"", "john@", "john@example.com"}) {
      const Conditions conditions{.is_portal_user = bit(0),
                                  .has_live_invitation = bit(1),
                                  .account_exists = bit(2),
                                  .account_active = bit(3),
                                  .class_portal_enabled = bit(4),
                                  .class_auto_send = bit(5),
                                  .contact_access_enabled = bit(6),
                                  .email = email,
                                  .email_suppressed = bit(7)};
      const Trigger trigger = bit(8) ? Trigger::kStaff : Trigger::kContactCreated;
      INFO("bits " << bits << ", e-mail \"" << email << "\"");
      const DecisionReason reason = Decide(conditions, trigger);
      REQUIRE(reason == Expected(conditions, trigger));
      ++seen[reason];
    }
  }
  CHECK(seen.size() == kRules.size() + 1);
  CHECK(seen[DECISION_REASON_ALL_CONDITIONS_MET] == 3);  // Twice for staff: auto-send on and off.
}

TEST_CASE("A reason has the name that callers see, and words for people", "[decision]") {
  CHECK(ReasonName(DECISION_REASON_NO_EMAIL) == "NO_EMAIL");
  for (const Rule& rule : kRules) CHECK_FALSE(Explain(rule.reason).empty());
}

}  // namespace
}  // namespace portico::invitation
