#include "services/contact/access_rule.h"

#include <catch2/catch.hpp>

namespace portico::contact {
namespace {

constexpr auto kAllowed = v1::ACCESS_REFUSAL_UNSPECIFIED;
constexpr auto kNobody = v1::ACCESS_REFUSAL_NOT_A_CONTACT;
constexpr auto kOff = v1::ACCESS_REFUSAL_ACCESS_OFF;
constexpr auto kNotGranted = v1::ACCESS_REFUSAL_SITE_NOT_GRANTED;

const AskedFor kAccount{.account_id = "acc_1", .site_id = "", .account_of_site = ""};
const AskedFor kSite{.account_id = "acc_1", .site_id = "sit_1", .account_of_site = "acc_1"};
const AskedFor kOthersSite{.account_id = "acc_1", .site_id = "sit_9", .account_of_site = "acc_9"};
const AskedFor kNoSite{.account_id = "acc_1", .site_id = "sit_0", .account_of_site = ""};

}  // namespace

TEST_CASE("Who may see what", "[access]") {
  const AccessFacts whole{.enabled = true, .account_id = "acc_1", .site_id = "", .granted = {}};
  const AccessFacts chosen{
      .enabled = true, .account_id = "acc_1", .site_id = "", .granted = {"sit_1", "sit_2"}};
  const AccessFacts other_chosen{
      .enabled = true, .account_id = "acc_1", .site_id = "", .granted = {"sit_2"}};
  const AccessFacts of_site{
      .enabled = true, .account_id = "acc_1", .site_id = "sit_1", .granted = {}};
  const AccessFacts of_other_site{
      .enabled = true, .account_id = "acc_1", .site_id = "sit_2", .granted = {}};
  const AccessFacts off{.enabled = false, .account_id = "acc_1", .site_id = "", .granted = {}};
  const AccessFacts elsewhere{.enabled = true, .account_id = "acc_2", .site_id = "", .granted = {}};
  struct Case {
    std::vector<AccessFacts> contacts;
    AskedFor asked;
    v1::AccessRefusal refusal;
  };
  const std::vector<Case> cases = {
      {{}, kAccount, kNobody},
      {{elsewhere}, kAccount, kNobody},
      {{elsewhere}, kSite, kNobody},
      {{off}, kAccount, kOff},
      {{off}, kSite, kOff},
      {{whole}, kAccount, kAllowed},
      {{whole}, kSite, kAllowed},
      {{whole}, kOthersSite, kNotGranted},
      {{whole}, kNoSite, kNotGranted},
      {{chosen}, kAccount, kAllowed},
      {{chosen}, kSite, kAllowed},
      {{other_chosen}, kSite, kNotGranted},
      {{of_site}, kAccount, kAllowed},
      {{of_site}, kSite, kAllowed},
      {{of_other_site}, kSite, kNotGranted},
      // One person who is several contacts sees what any of them may.
      {{elsewhere, off, of_other_site}, kSite, kNotGranted},
      {{elsewhere, off, of_other_site, of_site}, kSite, kAllowed},
      {{off, elsewhere}, kAccount, kOff},
  };
  for (const Case& one : cases) {
    CAPTURE(&one - cases.data());
    const v1::CheckAccessResponse answer = MaySee(one.contacts, one.asked);
    CHECK(answer.refusal() == one.refusal);
    CHECK(answer.allowed() == (one.refusal == kAllowed));
  }
}

}  // namespace portico::contact
