#include "services/invitation/membership_events.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "libs/base/status_macros.h"
#include "portico/registration/v1/registration_events.pb.h"

namespace portico::invitation {

using portico::registration::v1::MembershipCreated;

std::vector<std::string> MembershipEvents::types() const {
  return {MembershipCreated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> MembershipEvents::Prepare(std::span<const events::Event> events) {
  std::vector<MembershipCreated> created;
  for (const events::Event& event : events) {
    if (!event.data().UnpackTo(&created.emplace_back())) {
      return absl::InvalidArgumentError(
          absl::StrCat("event ", event.id(), ": got a payload that is no ", event.type()));
    }
  }
  return [this, created = std::move(created)](storage::Session& session) -> absl::Status {
    for (const MembershipCreated& event : created) {
      ASSIGN_OR_RETURN(
          const Recipient recipient,
          stores_.recipients.SetPortalUser(session, event.membership(), event.portal_user().id()));
      // A portal user is never mailed, so this link stays unused.
      RETURN_IF_ERROR(inviter_.Reconcile(session, recipient, Draft()));
      // Nor is the contact that this one was merged into meanwhile.
      ASSIGN_OR_RETURN(const std::optional<Recipient> winner,
                       stores_.recipients.FindWinner(session, recipient.contact_id));
      if (winner.has_value()) RETURN_IF_ERROR(inviter_.Reconcile(session, *winner, Draft()));
    }
    return absl::OkStatus();
  };
}

}  // namespace portico::invitation
