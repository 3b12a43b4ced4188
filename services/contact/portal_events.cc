#include "services/contact/portal_events.h"

#include "portico/invitation/v1/invitation_events.pb.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/contact/event_payload.h"

namespace portico::contact {

using invitation::v1::InvitationChanged;
using invitation::v1::InvitationDecided;
using registration::v1::MembershipCreated;

std::vector<std::string> InvitationEvents::types() const {
  return {InvitationDecided::descriptor()->full_name(),
          InvitationChanged::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> InvitationEvents::Prepare(std::span<const events::Event> events) {
  std::vector<events::Effect> effects;
  for (const events::Event& event : events) {
    if (IsOf<InvitationDecided>(event)) {
      ASSIGN_OR_RETURN(InvitationDecided decided, PayloadOf<InvitationDecided>(event));
      effects.push_back([this, decided = std::move(decided)](storage::Session& session) {
        return contacts_.SaveDecision(session, decided.decision());
      });
    } else if (IsOf<InvitationChanged>(event)) {
      ASSIGN_OR_RETURN(InvitationChanged changed, PayloadOf<InvitationChanged>(event));
      effects.push_back([this, changed = std::move(changed)](storage::Session& session) {
        const auto& invitation = changed.invitation();
        return contacts_.SaveInvitationState(session, invitation.contact_id(), invitation.id(),
                                             invitation.state());
      });
    }
  }
  return InOrder(std::move(effects));
}

std::vector<std::string> RegistrationEvents::types() const {
  return {MembershipCreated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> RegistrationEvents::Prepare(std::span<const events::Event> events) {
  std::vector<events::Effect> effects;
  for (const events::Event& event : events) {
    if (!IsOf<MembershipCreated>(event)) continue;
    ASSIGN_OR_RETURN(MembershipCreated created, PayloadOf<MembershipCreated>(event));
    effects.push_back([this, created = std::move(created)](storage::Session& session) {
      const std::string& contact_id = created.membership().contact_id();
      RETURN_IF_ERROR(contacts_.SavePortalUser(session, contact_id, created.portal_user().id(),
                                               created.portal_user().user_id()));
      // The invitation service may not have been heard on this yet.
      return contacts_.SaveInvitationState(session, contact_id, created.invitation_id(),
                                           invitation::v1::INVITATION_STATE_ACCEPTED);
    });
  }
  return InOrder(std::move(effects));
}

}  // namespace portico::contact
