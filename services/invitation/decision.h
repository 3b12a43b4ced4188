#pragma once

#include <string>

#include "portico/invitation/v1/invitation.pb.h"

namespace portico::invitation {

using portico::invitation::v1::DecisionReason;

// All that the right to an invitation depends on.
struct Conditions {
  bool is_portal_user = false;
  bool has_live_invitation = false;
  bool account_exists = false;
  bool account_active = false;
  bool class_portal_enabled = false;
  bool class_auto_send = false;
  bool contact_access_enabled = false;
  std::string email;
  bool email_suppressed = false;
};

// What asks for the invitation. Whether the class invites new contacts counts
// only where it is their creation that asks, and whether mail to the address is suppressed
// not where staff hands the link over.
enum class Trigger { kContactCreated, kStaff, kHandOver };

// The first reason, in the order of the enum, that forbids the invitation, or
// ALL_CONDITIONS_MET.
DecisionReason Decide(const Conditions& conditions, Trigger trigger);

// "NO_EMAIL" for DECISION_REASON_NO_EMAIL.
std::string ReasonName(DecisionReason reason);

// What staff is told when an invitation is refused.
std::string Explain(DecisionReason reason);

}  // namespace portico::invitation
