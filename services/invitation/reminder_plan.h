#pragma once

#include <absl/time/time.h>

#include <span>

#include "portico/invitation/v1/invitation.pb.h"

namespace portico::invitation {

using portico::invitation::v1::Invitation;

// Plans the reminders of an invitation whose first mail goes out at `first`; none is left of an
// earlier plan. Of those that fall on or after its end none is planned.
void PlanReminders(Invitation& invitation, std::span<const absl::Duration> schedule,
                   absl::Time first);

// Whether its next reminder is due. The plan counts from when the first mail was queued; where that
// was sent later, the plan is put right first.
bool IsReminderDue(Invitation& invitation, absl::Time now);

// The reminder that is due is behind it; so are those whose time is over as well, since nobody is
// reminded twice at once.
void PassReminder(Invitation& invitation, absl::Time now);

// No more are planned.
void StopReminders(Invitation& invitation);

}  // namespace portico::invitation
