#include "services/invitation/reminders.h"

#include <google/protobuf/util/time_util.h>

#include <set>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/mail/address.h"
#include "services/invitation/reminder_plan.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;
using storage::Session;
using namespace portico::invitation::v1;  // The reasons' names.

namespace {

constexpr absl::Duration kRest = absl::Seconds(10);
constexpr int64_t kBatch = 100;  // Keeps the transaction short.
// How long to leave one alone whose mail before still waits.
constexpr absl::Duration kWaitForMail = absl::Hours(1);

}  // namespace

absl::Duration Reminders::RunOnce() {
  const absl::StatusOr<Round> round = Prepare();
  absl::Status status = round.status();
  if (round.ok()) {
    if (round->ids.empty()) return kRest;
    status = database_.Write([&](Session& session) { return Remind(session, *round); });
  }
  if (status.ok()) return absl::ZeroDuration();
  log::Warn("reminders cannot be mailed yet", {{"error", status.ToString()}});
  return kRest;
}

absl::StatusOr<Reminders::Round> Reminders::Prepare() {
  Round round;
  std::set<std::string> account_ids;
  RETURN_IF_ERROR(database_.Read([&](Session& session) -> absl::Status {
    round = {};
    account_ids.clear();
    ASSIGN_OR_RETURN(const std::vector<Invitation> due,
                     stores_.invitations.ListReminderDue(session, clock_.Now(), kBatch));
    std::vector<std::string> contact_ids;
    for (const Invitation& invitation : due) {
      round.ids.push_back(invitation.id());
      contact_ids.push_back(invitation.contact_id());
    }
    ASSIGN_OR_RETURN(const auto recipients, stores_.recipients.FindAll(session, contact_ids));
    for (const auto& [id, recipient] : recipients) account_ids.insert(recipient.account_id);
    return absl::OkStatus();
  }));
  if (round.ids.empty()) return round;
  ASSIGN_OR_RETURN(round.facts, facts_.Accounts(account_ids));
  for (const std::string& id : round.ids) round.drafts.emplace(id, inviter_.NewDraft());
  return round;
}

absl::Status Reminders::Remind(Session& session, const Round& round) const {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(auto invitations, stores_.invitations.FindAll(session, round.ids));
  ASSIGN_OR_RETURN(const std::set<std::string> waiting,
                   stores_.messages.WithWaiting(session, round.ids));
  std::vector<std::string> contact_ids, addresses;
  for (const auto& [id, invitation] : invitations) {
    contact_ids.push_back(invitation.contact_id());
    addresses.push_back(invitation.email());
  }
  ASSIGN_OR_RETURN(const auto recipients, stores_.recipients.FindAll(session, contact_ids));
  ASSIGN_OR_RETURN(const std::set<std::string> suppressed,
                   stores_.suppressions.Suppressed(session, addresses));
  for (auto& [id, invitation] : invitations) {
    // Another process, or whoever ended it, may have been here meanwhile.
    const bool is_sent = invitation.state() == INVITATION_STATE_SENT ||
                         invitation.state() == INVITATION_STATE_DELIVERED;
    if (!is_sent || IsPastExpiry(invitation, now)) continue;
    const google::protobuf::Timestamp planned = invitation.next_reminder_time();
    const bool is_due = IsReminderDue(invitation, now);
    if (is_due && waiting.contains(id)) {
      *invitation.mutable_next_reminder_time() =
          TimeUtil::MicrosecondsToTimestamp(ToMicros(now + kWaitForMail));
    } else if (is_due) {
      PassReminder(invitation, now);
      const auto recipient = recipients.find(invitation.contact_id());
      const AccountFacts* const account = recipient == recipients.end()
                                              ? nullptr
                                              : round.facts.Find(recipient->second.account_id);
      const std::string key = mail::AddressKey(invitation.email());
      if (account != nullptr && mail::AddressKey(recipient->second.email) == key &&
          Inviter::JudgeUninvited(recipient->second, account, Trigger::kStaff,
                                  suppressed.contains(key)) ==
              DECISION_REASON_ALL_CONDITIONS_MET) {
        RETURN_IF_ERROR(inviter_.Remind(session, invitation, recipient->second, round.facts,
                                        *account, round.drafts.at(id)));
      }
    }
    if (is_due || planned != invitation.next_reminder_time()) {
      RETURN_IF_ERROR(stores_.invitations.Save(session, invitation));
    }
  }
  return absl::OkStatus();
}

}  // namespace portico::invitation
