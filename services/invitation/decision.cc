#include "services/invitation/decision.h"

#include <string_view>

#include "libs/mail/address.h"

namespace portico::invitation {

using namespace portico::invitation::v1;  // The reasons' names.

DecisionReason Decide(const Conditions& conditions, Trigger trigger) {
  if (conditions.is_portal_user) return DECISION_REASON_ALREADY_PORTAL_USER;
  if (conditions.has_live_invitation) return DECISION_REASON_ALREADY_INVITED;
  if (conditions.account_exists) {
    if (!conditions.account_active) return DECISION_REASON_ACCOUNT_NOT_ACTIVE;
    if (!conditions.class_portal_enabled) return DECISION_REASON_CLASS_PORTAL_DISABLED;
    if (trigger == Trigger::kContactCreated && !conditions.class_auto_send) {
      return DECISION_REASON_CLASS_AUTO_SEND_OFF;
    }
  }
  if (!conditions.contact_access_enabled) return DECISION_REASON_CONTACT_PORTAL_DISABLED;
  if (conditions.email.empty()) return DECISION_REASON_NO_EMAIL;
  if (!mail::IsValidAddress(conditions.email)) return DECISION_REASON_INVALID_EMAIL;
  if (trigger != Trigger::kHandOver && conditions.email_suppressed) {
    return DECISION_REASON_EMAIL_SUPPRESSED;
  }
  if (!conditions.account_exists) return DECISION_REASON_ACCOUNT_NOT_FOUND;
  return DECISION_REASON_ALL_CONDITIONS_MET;
}

std::string ReasonName(DecisionReason reason) {
  constexpr std::string_view kPrefix = "DECISION_REASON_";
  return DecisionReason_Name(reason).substr(kPrefix.size());
}

std::string Explain(DecisionReason reason) {
  switch (reason) {
    case DECISION_REASON_ALREADY_PORTAL_USER:
      return "the contact has a portal user already";
    case DECISION_REASON_ALREADY_INVITED:
      return "the contact has another live invitation";
    case DECISION_REASON_ACCOUNT_NOT_ACTIVE:
      return "the contact's account is not active";
    case DECISION_REASON_CLASS_PORTAL_DISABLED:
      return "the class of the contact's account has no portal access";
    case DECISION_REASON_CLASS_AUTO_SEND_OFF:
      return "the class of the contact's account does not invite new contacts";
    case DECISION_REASON_CONTACT_PORTAL_DISABLED:
      return "portal access is switched off for the contact";
    case DECISION_REASON_NO_EMAIL:
      return "the contact has no e-mail address";
    case DECISION_REASON_INVALID_EMAIL:
      return "the contact's e-mail address is not one";
    case DECISION_REASON_EMAIL_SUPPRESSED:
      return "mail to the contact's address was refused or is not wanted";
    case DECISION_REASON_ACCOUNT_NOT_FOUND:
      return "the contact's account does not exist";
    default:
      return "";
  }
}

}  // namespace portico::invitation
