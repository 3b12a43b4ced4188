#include "services/invitation/decision.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

// The rule once more, as a table apart from the code: the first line that fits decides. A column
// says what a condition must be for its line to fit: '1', '0', or '-' for either. The columns:
//   portal user, live invitation, account exists, account active, class has portal access, class
//   invites new contacts, access of the contact, address suppressed;
// the e-mail is empty 'e', wrong 'w', good 'g' or any '-'; who asks is the contact's creation 'c',
// staff 's', staff for a link 'l', any '-' or all but creation 'm'.
struct Line {
  const char* conditions;
  char email;
  char trigger;
  DecisionReason reason;
};
constexpr std::array kTable = {
    Line{"1-------", '-', '-', DECISION_REASON_ALREADY_PORTAL_USER},
    Line{"-1------", '-', '-', DECISION_REASON_ALREADY_INVITED},
    Line{"--10----", '-', '-', DECISION_REASON_ACCOUNT_NOT_ACTIVE},
    Line{"--1-0---", '-', '-', DECISION_REASON_CLASS_PORTAL_DISABLED},
    Line{"--1--0--", '-', 'c', DECISION_REASON_CLASS_AUTO_SEND_OFF},
    Line{"------0-", '-', '-', DECISION_REASON_CONTACT_PORTAL_DISABLED},
    Line{"--------", 'e', '-', DECISION_REASON_NO_EMAIL},
    Line{"--------", 'w', '-', DECISION_REASON_INVALID_EMAIL},
    Line{"-------1", 'g', 'c', DECISION_REASON_EMAIL_SUPPRESSED},
    Line{"-------1", 'g', 's', DECISION_REASON_EMAIL_SUPPRESSED},
    Line{"--0-----", 'g', '-', DECISION_REASON_ACCOUNT_NOT_FOUND},
    Line{"00111110", 'g', 'c', DECISION_REASON_ALL_CONDITIONS_MET},
    Line{"00111-10", 'g', 's', DECISION_REASON_ALL_CONDITIONS_MET},
    Line{"00111-1-", 'g', 'l', DECISION_REASON_ALL_CONDITIONS_MET},
};

const std::map<char, std::vector<std::string>> kEmails = {
    {'e', {""}},
    {'w', {"john@", "john", "john doe@example.com", "john@localhost"}},
    {'g', {"john@example.com", "j\u00fcrgen@example.com"}}};
const std::map<char, Trigger> kTriggers = {
    {'c', Trigger::kContactCreated}, {'s', Trigger::kStaff}, {'l', Trigger::kHandOver}};

TEST_CASE("Every combination of conditions has the reason that the table gives", "[decision]") {
  std::map<DecisionReason, int> seen;
  std::map<const Line*, int> used;
  for (unsigned bits = 0; bits < 1u << 8; ++bits) {
    const auto bit = [bits](int index) { return (bits >> index & 1) != 0; };
    for (const auto& [email, examples] : kEmails) {
      for (const auto& [who, trigger] : kTriggers) {
        const Line* found = nullptr;
        for (const Line& line : kTable) {
          bool fits = (line.email == '-' || line.email == email) &&
                      (line.trigger == '-' || line.trigger == who);
          for (int i = 0; i < 8; ++i) {
            fits &= line.conditions[i] == '-' || (line.conditions[i] == '1') == bit(i);
          }
          if (fits && found == nullptr) found = &line;
        }
        REQUIRE(found != nullptr);  // The table leaves nothing open.
        ++used[found];
        for (const std::string& example : examples) {
          INFO("bits " << bits << ", e-mail \"" << example << "\", asked by " << who);
          const DecisionReason reason = Decide({.is_portal_user = bit(0),
                                                .has_live_invitation = bit(1),
                                                .account_exists = bit(2),
                                                .account_active = bit(3),
                                                .class_portal_enabled = bit(4),
                                                .class_auto_send = bit(5),
                                                .contact_access_enabled = bit(6),
                                                .email = example,
                                                .email_suppressed = bit(7)},
                                               trigger);
          REQUIRE(reason == found->reason);
          ++seen[reason];
        }
      }
    }
  }
  CHECK(used.size() == kTable.size());  // No line stands in the shadow of those before it.
  // Of 256 · 3 combinations with a good address: one for a creation, two for staff, four for a link.
  CHECK(seen[DECISION_REASON_ALL_CONDITIONS_MET] == 7 * 2);
}

TEST_CASE("Of several reasons the one that the enum lists first counts", "[decision]") {
  const Conditions nothing;  // Nothing holds at all, but that nobody is invited yet.
  CHECK(Decide(nothing, Trigger::kContactCreated) == DECISION_REASON_CONTACT_PORTAL_DISABLED);
  Conditions all = {.is_portal_user = true,
                    .has_live_invitation = true,
                    .account_exists = true,
                    .email_suppressed = true};
  const auto reason = [&] { return Decide(all, Trigger::kContactCreated); };
  CHECK(reason() == DECISION_REASON_ALREADY_PORTAL_USER);
  all.is_portal_user = false;
  CHECK(reason() == DECISION_REASON_ALREADY_INVITED);
  all.has_live_invitation = false;
  CHECK(reason() == DECISION_REASON_ACCOUNT_NOT_ACTIVE);
  all.account_active = true;
  CHECK(reason() == DECISION_REASON_CLASS_PORTAL_DISABLED);
  all.class_portal_enabled = true;
  CHECK(reason() == DECISION_REASON_CLASS_AUTO_SEND_OFF);
  all.class_auto_send = true;
  CHECK(reason() == DECISION_REASON_CONTACT_PORTAL_DISABLED);
  all.contact_access_enabled = true;
  CHECK(reason() == DECISION_REASON_NO_EMAIL);
  all.email = "john@";
  CHECK(reason() == DECISION_REASON_INVALID_EMAIL);
  all.email = "john@example.com";
  CHECK(reason() == DECISION_REASON_EMAIL_SUPPRESSED);
  all.email_suppressed = false;
  CHECK(reason() == DECISION_REASON_ALL_CONDITIONS_MET);
}

TEST_CASE("A reason has the name that callers see, and words for people", "[decision]") {
  CHECK(ReasonName(DECISION_REASON_NO_EMAIL) == "NO_EMAIL");
  for (const Line& line : kTable) {
    if (line.reason == DECISION_REASON_ALL_CONDITIONS_MET) continue;
    CHECK_FALSE(Explain(line.reason).empty());
  }
}

}  // namespace
}  // namespace portico::invitation
