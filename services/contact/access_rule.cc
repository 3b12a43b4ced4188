#include "services/contact/access_rule.h"

#include <algorithm>

namespace portico::contact {
namespace {

v1::AccessRefusal Refusal(const AccessFacts& contact, const AskedFor& asked) {
  if (contact.account_id != asked.account_id) return v1::ACCESS_REFUSAL_NOT_A_CONTACT;
  if (!contact.enabled) return v1::ACCESS_REFUSAL_ACCESS_OFF;
  if (asked.site_id.empty()) return v1::ACCESS_REFUSAL_UNSPECIFIED;
  const bool granted =
      asked.account_of_site == contact.account_id &&
      (contact.site_id.empty() || contact.site_id == asked.site_id) &&
      (contact.granted.empty() || std::ranges::find(contact.granted, asked.site_id) !=
                                      contact.granted.end());
  return granted ? v1::ACCESS_REFUSAL_UNSPECIFIED : v1::ACCESS_REFUSAL_SITE_NOT_GRANTED;
}

}  // namespace

v1::CheckAccessResponse MaySee(const std::vector<AccessFacts>& contacts, const AskedFor& asked) {
  v1::CheckAccessResponse answer;
  answer.set_refusal(v1::ACCESS_REFUSAL_NOT_A_CONTACT);
  for (const AccessFacts& contact : contacts) {
    const v1::AccessRefusal refusal = Refusal(contact, asked);
    if (refusal == v1::ACCESS_REFUSAL_UNSPECIFIED) {
      answer.set_allowed(true);
      answer.set_refusal(refusal);
      return answer;
    }
    // The refusal that is nearest to a yes: the values rise that way.
    answer.set_refusal(std::max(answer.refusal(), refusal));
  }
  return answer;
}

}  // namespace portico::contact
