#include "services/invitation/delivery_results.h"

#include <google/protobuf/util/time_util.h>

#include <map>
#include <string>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(ToMicros(time));
}

InvitationState StateAfter(DeliveryOutcome outcome) {
  switch (outcome) {
    case DELIVERY_OUTCOME_ACCEPTED:
      return INVITATION_STATE_SENT;
    case DELIVERY_OUTCOME_DEFERRED:
      return INVITATION_STATE_DEFERRED;
    case DELIVERY_OUTCOME_BOUNCED:
      return INVITATION_STATE_BOUNCED;
    default:
      return INVITATION_STATE_FAILED;
  }
}

// Answers whether the attempt changes the invitation. A mail that was cancelled on its way tells
// nothing of where its invitation stands now, but for when a mail was last taken; and a reminder
// only that its address is bad.
bool Follow(Invitation& invitation, const DeliveryStore::State& message, DeliveryOutcome outcome,
            absl::Time now) {
  const bool tells =
      message.kind == MESSAGE_KIND_INVITATION || outcome == DELIVERY_OUTCOME_BOUNCED;
  InvitationState state = invitation.state();
  if (tells && message.state == MESSAGE_STATE_WAITING && IsLive(invitation)) {
    state = StateAfter(outcome);
  }
  const bool accepted = outcome == DELIVERY_OUTCOME_ACCEPTED;
  if (!accepted && state == invitation.state()) return false;
  if (accepted) *invitation.mutable_send_time() = ToTimestamp(now);
  invitation.set_state(state);
  return true;
}

}  // namespace

absl::StatusOr<std::vector<std::optional<DeliveryOutcome>>> DeliveryResults::Record(
    std::span<const TriedMail> tried) {
  std::vector<std::string> message_ids, invitation_ids;
  std::vector<double> fractions;
  for (const TriedMail& one : tried) {
    const Message& message = one.claimed.mail.message;
    message_ids.push_back(message.id());
    if (!message.invitation_id().empty()) invitation_ids.push_back(message.invitation_id());
    fractions.push_back(RandomFraction());
  }
  // Locked in the order in which all others write them.
  return database_.WriteUnderLocks(
      [&](Session& session) -> absl::StatusOr<std::vector<std::optional<DeliveryOutcome>>> {
        ASSIGN_OR_RETURN(auto invitations, stores_.invitations.LockAll(session, invitation_ids));
        ASSIGN_OR_RETURN(const auto states, stores_.deliveries.Lock(session, message_ids));
        const absl::Time now = clock_.Now();
        std::vector<std::optional<DeliveryOutcome>> outcomes(tried.size());
        std::vector<DeliveryStore::Ending> endings;
        std::map<std::string, Invitation*> changed;
        for (size_t i = 0; i < tried.size(); ++i) {
          const auto state = states.find(message_ids[i]);
          if (state == states.end()) continue;
          const DeliveryStore::Ending& ending =
              endings.emplace_back(Judge(tried[i], state->second, fractions[i], now));
          const DeliveryOutcome outcome = ending.attempt.outcome();
          outcomes[i] = outcome;
          if (outcome == DELIVERY_OUTCOME_BOUNCED && !state->second.recipient.empty()) {
            RETURN_IF_ERROR(stores_.suppressions.Add(session, state->second.recipient,
                                                     tried[i].result.reply, now));
          }
          const auto invitation =
              invitations.find(tried[i].claimed.mail.message.invitation_id());
          if (ending.state.has_value() && invitation != invitations.end() &&
              Follow(invitation->second, state->second, outcome, now)) {
            changed[invitation->first] = &invitation->second;
          }
        }
        RETURN_IF_ERROR(stores_.deliveries.Record(session, endings));
        std::vector<Invitation*> to_save;
        for (const auto& [id, invitation] : changed) to_save.push_back(invitation);
        RETURN_IF_ERROR(stores_.invitations.SaveSending(session, to_save));
        return outcomes;
      });
}

DeliveryStore::Ending DeliveryResults::Judge(const TriedMail& tried,
                                             const DeliveryStore::State& state, double fraction,
                                             absl::Time now) const {
  const mail::DeliveryResult& result = tried.result;
  const int64_t number = state.attempt_count + 1;
  const Verdict verdict = JudgeDelivery(result, static_cast<int>(number), state.create_time, now,
                                        options_.give_up_after, fraction);
  DeliveryStore::Ending ending{
      .id = state.id, .number = number};
  *ending.attempt.mutable_time() = ToTimestamp(now);
  ending.attempt.set_outcome(verdict.outcome);
  ending.attempt.set_reply_code(result.reply_code);
  ending.attempt.set_enhanced_status(result.enhanced_status);
  // Where the contact was erased while the mail was on its way: servers repeat the address.
  if (!state.recipient.empty()) ending.attempt.set_reply(result.reply);

  const bool has_lease = state.state == MESSAGE_STATE_WAITING &&
                         state.lease.owner == options_.owner &&
                         state.lease.until == tried.claimed.lease_until;
  if (!has_lease && verdict.outcome != DELIVERY_OUTCOME_ACCEPTED) return ending;
  // A report that it came back may be faster than what is recorded here.
  if (state.state == MESSAGE_STATE_BOUNCED) return ending;
  ending.state = verdict.state;
  if (verdict.due.has_value()) {
    ending.due_time = *verdict.due;
  } else {
    ending.finish_time = now;
  }
  return ending;
}

}  // namespace portico::invitation
