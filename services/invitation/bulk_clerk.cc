#include "services/invitation/bulk_clerk.h"

#include <google/protobuf/util/time_util.h>

#include <string>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/mail/address.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The states' names.

namespace {

constexpr int64_t kGathered = 5000;  // At a time: about 50 ms of the writer's time.
constexpr int64_t kChosen = 500;
constexpr absl::Duration kGatherRest = absl::Seconds(5);  // A wake cuts it short.
// As often as people look.
constexpr absl::Duration kRest = absl::Milliseconds(500);
constexpr int64_t kMostAtOnce = 1000;
constexpr int64_t kWoundUp = 200;

}  // namespace

absl::Duration BulkClerk::Gather() {
  const absl::StatusOr<bool> some =
      database_.Write([this](Session& session) { return GatherSome(session); });
  if (some.ok()) return *some ? absl::ZeroDuration() : kGatherRest;
  log::Warn("the recipients of a bulk send cannot be gathered yet",
            {{"error", some.status().ToString()}});
  return kGatherRest;
}

absl::StatusOr<bool> BulkClerk::GatherSome(Session& session) const {
  ASSIGN_OR_RETURN(std::vector<BulkSend> next,
                   stores_.bulk_sends.InState(session, BULK_SEND_STATE_GATHERING, 1));
  if (next.empty()) return false;
  BulkSend& bulk = next.front();
  bool is_left = false;
  if (bulk.has_filter()) {
    ASSIGN_OR_RETURN(is_left,
                     stores_.ledger.GatherByFilter(session, bulk, stores_.groups, kGathered));
  } else {
    ASSIGN_OR_RETURN(is_left, AddChosen(session, bulk));
  }
  if (is_left) return true;
  bulk.set_state(BULK_SEND_STATE_READY);
  RETURN_IF_ERROR(stores_.bulk_sends.Save(session, bulk));
  return true;
}

// Whoever was chosen is in the ledger, if only with the reason why it is not mailed.
absl::StatusOr<bool> BulkClerk::AddChosen(Session& session, const BulkSend& bulk) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                   stores_.ledger.NextChosen(session, bulk.id(), kChosen));
  ASSIGN_OR_RETURN(const auto recipients, stores_.recipients.FindAll(session, ids));
  std::vector<std::string> addresses;
  std::vector<std::string> account_ids;
  for (const auto& [id, recipient] : recipients) {
    addresses.push_back(recipient.email);
    account_ids.push_back(recipient.account_id);
  }
  ASSIGN_OR_RETURN(const auto suppressed, stores_.suppressions.Suppressed(session, addresses));
  ASSIGN_OR_RETURN(const auto accounts, stores_.accounts.Describe(session, account_ids));
  const Facts facts = ReadFacts(accounts, Defaults());
  std::vector<BulkLedger::Line> lines;
  for (const std::string& id : ids) {
    BulkLedger::Line& line = lines.emplace_back(BulkLedger::Line{.contact_id = id});
    const auto found = recipients.find(id);
    if (found == recipients.end()) {
      line.skip_reason = kContactUnknown;
      continue;
    }
    const Recipient& recipient = found->second;
    const bool is_suppressed = suppressed.contains(mail::AddressKey(recipient.email));
    const DecisionReason reason =
        bulk.general() ? Inviter::JudgeLetter(recipient, is_suppressed)
                       : Inviter::JudgeUninvited(recipient, facts.Find(recipient.account_id),
                                                 Trigger::kStaff, is_suppressed);
    if (reason != DECISION_REASON_ALL_CONDITIONS_MET) line.skip_reason = ReasonName(reason);
  }
  RETURN_IF_ERROR(stores_.ledger.AddChosen(session, bulk.id(), lines));
  return static_cast<int64_t>(ids.size()) == kChosen;
}

absl::Duration BulkClerk::RunOnce() {
  std::vector<std::string> due;
  bool runs = false;
  const absl::Status looked = database_.Read([&](Session& session) -> absl::Status {
    due.clear();
    for (const BulkSendState state : {BULK_SEND_STATE_SCHEDULED, BULK_SEND_STATE_RUNNING}) {
      ASSIGN_OR_RETURN(const std::vector<BulkSend> found,
                       stores_.bulk_sends.InState(session, state, kMostAtOnce));
      runs = !found.empty();
      for (const BulkSend& bulk : found) {
        ASSIGN_OR_RETURN(const bool moves, CanMoveOn(session, bulk));
        if (moves) due.push_back(bulk.id());
      }
    }
    ASSIGN_OR_RETURN(const std::vector<BulkSend> cancelled,
                     stores_.bulk_sends.Cancelled(session, kMostAtOnce));
    for (const BulkSend& bulk : cancelled) due.push_back(bulk.id());
    return absl::OkStatus();
  });
  if (!looked.ok()) return kRest;  // The database tells of its outages itself.
  for (const std::string& id : due) {
    const absl::Status status =
        database_.Write([&](Session& session) { return MoveOn(session, id); });
    if (!status.ok()) {
      log::Warn("a bulk send cannot move on yet",
                {{"bulk_send", id}, {"error", status.ToString()}});
    }
  }
  // What was just started has mail to be made, and a throttled one may mail again.
  if (runs || !due.empty()) signal_.Raise();
  return kRest;
}

absl::StatusOr<bool> BulkClerk::CanMoveOn(Session& session, const BulkSend& bulk) const {
  if (bulk.state() == BULK_SEND_STATE_SCHEDULED) {
    return TimeUtil::TimestampToMicroseconds(bulk.schedule_time()) <= ToMicros(clock_.Now());
  }
  if (bulk.state() == BULK_SEND_STATE_CANCELLED) return !bulk.has_end_time();
  if (bulk.state() != BULK_SEND_STATE_RUNNING) return false;
  ASSIGN_OR_RETURN(const BulkSendProgress progress, stores_.bulk_sends.Progress(session, bulk));
  return progress.waiting() == 0 && progress.sending() == 0;
}

absl::Status BulkClerk::MoveOn(Session& session, const std::string& id) const {
  ASSIGN_OR_RETURN(std::optional<BulkSend> bulk, stores_.bulk_sends.Find(session, id));
  if (!bulk.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool moves, CanMoveOn(session, *bulk));
  if (!moves) return absl::OkStatus();
  if (bulk->state() == BULK_SEND_STATE_CANCELLED) return WindUp(session, *bulk);
  if (bulk->state() == BULK_SEND_STATE_SCHEDULED) {
    bulk->set_state(BULK_SEND_STATE_RUNNING);
  } else {
    bulk->set_state(BULK_SEND_STATE_DONE);
    *bulk->mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(clock_.Now()));
  }
  return stores_.bulk_sends.Save(session, *bulk);
}

absl::Status BulkClerk::WindUp(Session& session, BulkSend& bulk) const {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const std::vector<Message> left,
                   stores_.messages.WaitingOfBulk(session, bulk.id(), now, kWoundUp));
  for (const Message& message : left) {
    if (message.invitation_id().empty()) continue;
    ASSIGN_OR_RETURN(std::optional<Invitation> invitation,
                     stores_.invitations.Find(session, message.invitation_id()));
    // An invitation without its mail must not look as if it were on its way.
    if (invitation.has_value() && IsLive(*invitation)) {
      RETURN_IF_ERROR(
          inviter_.Revoke(session, *invitation, kBulkSendCancelled, kBulkSendCancelled));
    }
  }
  std::vector<std::string> ids;
  for (const Message& message : left) ids.push_back(message.id());
  RETURN_IF_ERROR(stores_.messages.CancelAll(session, ids, kBulkSendCancelled, now));
  if (static_cast<int64_t>(left.size()) == kWoundUp) return absl::OkStatus();
  // What is on its way has a moment more.
  ASSIGN_OR_RETURN(const BulkSendProgress progress, stores_.bulk_sends.Progress(session, bulk));
  if (progress.sending() > 0) return absl::OkStatus();
  *bulk.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(now));
  return stores_.bulk_sends.Save(session, bulk);
}

}  // namespace portico::invitation
