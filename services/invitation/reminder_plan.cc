#include "services/invitation/reminder_plan.h"

#include <google/protobuf/util/time_util.h>

#include "libs/base/clock.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;

namespace {

// Plans the next reminder at that time, if the invitation can still be accepted then.
void SetNext(Invitation& invitation, const google::protobuf::Timestamp& time) {
  if (time < invitation.expire_time()) {
    *invitation.mutable_next_reminder_time() = time;
  } else {
    invitation.clear_next_reminder_time();
  }
}

}  // namespace

void PlanReminders(Invitation& invitation, std::span<const absl::Duration> schedule,
                   absl::Time first) {
  StopReminders(invitation);
  for (const absl::Duration after : schedule) {
    *invitation.add_reminder_schedule() = TimeUtil::SecondsToDuration(absl::ToInt64Seconds(after));
  }
  if (schedule.empty()) return;
  SetNext(invitation, TimeUtil::MicrosecondsToTimestamp(ToMicros(first + schedule.front())));
}

bool IsReminderDue(Invitation& invitation, absl::Time now) {
  if (!invitation.has_next_reminder_time() || invitation.reminder_schedule().empty()) return false;
  if (invitation.reminder_count() == 0 && invitation.has_send_time()) {
    // That of a mail before a resend is earlier than what is planned.
    const auto planned = invitation.send_time() + invitation.reminder_schedule(0);
    if (planned > invitation.next_reminder_time()) SetNext(invitation, planned);
  }
  return invitation.has_next_reminder_time() &&
         TimeUtil::TimestampToMicroseconds(invitation.next_reminder_time()) <= ToMicros(now);
}

void PassReminder(Invitation& invitation, absl::Time now) {
  const auto& schedule = invitation.reminder_schedule();
  google::protobuf::Timestamp time = invitation.next_reminder_time();
  int count = invitation.reminder_count();
  do {
    ++count;
    if (count >= schedule.size()) break;
    time += schedule[count] - schedule[count - 1];
  } while (TimeUtil::TimestampToMicroseconds(time) <= ToMicros(now));
  invitation.set_reminder_count(count);
  if (count < schedule.size()) {
    SetNext(invitation, time);
  } else {
    invitation.clear_next_reminder_time();
  }
}

void StopReminders(Invitation& invitation) {
  invitation.clear_reminder_schedule();
  invitation.set_reminder_count(0);
  invitation.clear_next_reminder_time();
}

}  // namespace portico::invitation
