#include "services/invitation/delivery_reports.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "libs/base/status_macros.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

bool PassesBy(const MailReport& report) { return report.enhanced_status.starts_with("4."); }

DeliveryOutcome OutcomeOf(const MailReport& report) {
  switch (report.kind) {
    case DELIVERY_REPORT_KIND_DELIVERED:
      return DELIVERY_OUTCOME_DELIVERED;
    case DELIVERY_REPORT_KIND_BOUNCED:
      return PassesBy(report) ? DELIVERY_OUTCOME_DEFERRED : DELIVERY_OUTCOME_BOUNCED;
    case DELIVERY_REPORT_KIND_COMPLAINED:
      return DELIVERY_OUTCOME_COMPLAINED;
    case DELIVERY_REPORT_KIND_FAILED:
      return DELIVERY_OUTCOME_FAILED;
    default:
      return DELIVERY_OUTCOME_DEFERRED;
  }
}

bool HasGoneOut(const Invitation& invitation) {
  // PENDING where the server's answer got lost.
  return invitation.state() == INVITATION_STATE_PENDING ||
         invitation.state() == INVITATION_STATE_SENT ||
         invitation.state() == INVITATION_STATE_DEFERRED;
}

}  // namespace

absl::StatusOr<DeliveryReports::Outcome> DeliveryReports::Apply(Session& session,
                                                                const MailReport& report) const {
  ASSIGN_OR_RETURN(std::optional<Message> message,
                   stores_.messages.Find(session, report.message_id));
  if (!message.has_value()) return Outcome::kUnknownMessage;
  // Locked in the order in which all others write them.
  std::optional<Invitation> invitation;
  if (!message->invitation_id().empty()) {
    ASSIGN_OR_RETURN(invitation, stores_.invitations.Lock(session, message->invitation_id()));
  }
  ASSIGN_OR_RETURN(message, stores_.messages.Lock(session, report.message_id));
  if (!message.has_value()) return Outcome::kUnknownMessage;

  ASSIGN_OR_RETURN(const absl::Time time, TimeOf(session, report));
  DeliveryAttempt attempt;
  *attempt.mutable_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(time));
  attempt.set_outcome(OutcomeOf(report));
  attempt.set_enhanced_status(report.enhanced_status);
  // Servers repeat the address, which is forgotten once the contact is erased.
  if (!message->recipient().empty()) attempt.set_reply(report.text);
  attempt.set_source(report.source);
  ASSIGN_OR_RETURN(const bool is_new,
                   stores_.reports.Add(session, report.message_id, report.content_hash, attempt));
  if (!is_new) return Outcome::kRepeated;
  RETURN_IF_ERROR(Follow(session, report, *message, invitation));
  return Outcome::kRecorded;
}

// Not before the try that the report follows: mail tells whole seconds, and its clock may be slow.
absl::StatusOr<absl::Time> DeliveryReports::TimeOf(Session& session,
                                                   const MailReport& report) const {
  if (!report.time.has_value()) return clock_.Now();
  ASSIGN_OR_RETURN(const auto tries, stores_.messages.Attempts(session, report.message_id));
  if (tries.empty()) return *report.time;
  return std::max(*report.time, FromMicros(TimeUtil::TimestampToMicroseconds(tries.back().time())));
}

absl::Status DeliveryReports::Follow(Session& session, const MailReport& report, Message& message,
                                     std::optional<Invitation>& invitation) const {
  bool may_change = false;
  // Of a reminder it only matters that its address is bad.
  const bool tells = message.kind() == MESSAGE_KIND_INVITATION ||
                     OutcomeOf(report) == DELIVERY_OUTCOME_BOUNCED;
  if (tells && invitation.has_value() && IsLive(*invitation)) {
    ASSIGN_OR_RETURN(may_change, stores_.messages.IsLatest(session, message));
  }
  const auto change = [&](InvitationState state) -> absl::Status {
    if (!may_change) return absl::OkStatus();
    invitation->set_state(state);
    return stores_.invitations.Save(session, *invitation);
  };
  switch (OutcomeOf(report)) {
    case DELIVERY_OUTCOME_DELIVERED:
      // One that waits for another try has arrived by the last one.
      if (message.state() == MESSAGE_STATE_WAITING) {
        RETURN_IF_ERROR(End(session, message, MESSAGE_STATE_SENT));
      }
      may_change = may_change && HasGoneOut(*invitation);
      return change(INVITATION_STATE_DELIVERED);
    case DELIVERY_OUTCOME_BOUNCED:
      RETURN_IF_ERROR(End(session, message, MESSAGE_STATE_BOUNCED));
      RETURN_IF_ERROR(Suppress(session, report, message, SUPPRESSION_REASON_BOUNCED));
      return change(INVITATION_STATE_BOUNCED);
    case DELIVERY_OUTCOME_FAILED:
      RETURN_IF_ERROR(End(session, message, MESSAGE_STATE_FAILED));
      return change(INVITATION_STATE_FAILED);
    case DELIVERY_OUTCOME_COMPLAINED:
      return Suppress(session, report, message, SUPPRESSION_REASON_COMPLAINED);
    default:
      return absl::OkStatus();
  }
}

absl::Status DeliveryReports::End(Session& session, Message& message, MessageState state) const {
  if (message.state() != MESSAGE_STATE_WAITING && message.state() != MESSAGE_STATE_SENT) {
    return absl::OkStatus();
  }
  message.set_state(state);
  return stores_.messages.End(session, message.id(), state, clock_.Now());
}

absl::Status DeliveryReports::Suppress(Session& session, const MailReport& report,
                                       const Message& message, SuppressionReason reason) const {
  if (message.recipient().empty()) return absl::OkStatus();
  return stores_.suppressions.Add(session, message.recipient(), report.text, clock_.Now(), reason);
}

}  // namespace portico::invitation
