#include "services/contact/portal_events.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "libs/base/clock.h"
#include "portico/invitation/v1/invitation_events.pb.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/contact/event_payload.h"
#include "services/contact/portal_state.h"

namespace portico::contact {

using invitation::v1::InvitationChanged;
using invitation::v1::InvitationDecided;
using registration::v1::MembershipCreated;
using registration::v1::PortalUserLocked;

namespace {

v1::ActivityKind KindOf(invitation::v1::InvitationState state) {
  switch (state) {
    case invitation::v1::INVITATION_STATE_PENDING:
      return v1::ACTIVITY_KIND_INVITED;
    case invitation::v1::INVITATION_STATE_SENT:
      return v1::ACTIVITY_KIND_INVITATION_SENT;
    case invitation::v1::INVITATION_STATE_DEFERRED:
      return v1::ACTIVITY_KIND_INVITATION_DEFERRED;
    case invitation::v1::INVITATION_STATE_DELIVERED:
      return v1::ACTIVITY_KIND_INVITATION_DELIVERED;
    case invitation::v1::INVITATION_STATE_BOUNCED:
      return v1::ACTIVITY_KIND_INVITATION_BOUNCED;
    case invitation::v1::INVITATION_STATE_FAILED:
      return v1::ACTIVITY_KIND_INVITATION_FAILED;
    case invitation::v1::INVITATION_STATE_ACCEPTED:
      return v1::ACTIVITY_KIND_INVITATION_ACCEPTED;
    case invitation::v1::INVITATION_STATE_EXPIRED:
      return v1::ACTIVITY_KIND_INVITATION_EXPIRED;
    case invitation::v1::INVITATION_STATE_REVOKED:
      return v1::ACTIVITY_KIND_INVITATION_REVOKED;
    default:
      return v1::ACTIVITY_KIND_UNSPECIFIED;
  }
}

// What an event tells of a contact, at the time and by whom it says.
v1::Activity Told(const events::Event& event, const std::string& contact_id,
                  v1::ActivityKind kind) {
  v1::Activity activity;
  activity.set_id(ActivityStore::NewId(
      FromMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(event.time()))));
  activity.set_contact_id(contact_id);
  *activity.mutable_time() = event.time();
  activity.set_kind(kind);
  activity.set_actor(event.actor());
  return activity;
}

}  // namespace

std::vector<std::string> InvitationEvents::types() const {
  return {InvitationDecided::descriptor()->full_name(),
          InvitationChanged::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> InvitationEvents::Prepare(std::span<const events::Event> events) {
  std::vector<events::Effect> effects;
  std::vector<v1::Activity> told;
  for (const events::Event& event : events) {
    if (IsOf<InvitationDecided>(event)) {
      ASSIGN_OR_RETURN(InvitationDecided decided, PayloadOf<InvitationDecided>(event));
      told.push_back(
          Told(event, decided.decision().contact_id(), v1::ACTIVITY_KIND_INVITATION_DECIDED));
      told.back().set_subject_id(decided.decision().invitation_id());
      told.back().set_detail(DecisionReason_Name(decided.decision().reason()));
      effects.push_back([decided = std::move(decided)](storage::Session& session) {
        return SaveDecision(session, decided.decision());
      });
    } else if (IsOf<InvitationChanged>(event)) {
      ASSIGN_OR_RETURN(InvitationChanged changed, PayloadOf<InvitationChanged>(event));
      told.push_back(
          Told(event, changed.invitation().contact_id(), KindOf(changed.invitation().state())));
      told.back().set_subject_id(changed.invitation().id());
      told.back().set_detail(changed.invitation().revoke_reason());
      effects.push_back([changed = std::move(changed)](storage::Session& session) {
        const auto& invitation = changed.invitation();
        return SaveInvitationState(session, invitation.contact_id(), invitation.id(),
                                   invitation.state());
      });
    }
  }
  effects.push_back([this, told = std::move(told)](storage::Session& session) {
    return activities_.AddTold(session, told);
  });
  return InOrder(std::move(effects));
}

std::vector<std::string> RegistrationEvents::types() const {
  return {MembershipCreated::descriptor()->full_name(),
          PortalUserLocked::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> RegistrationEvents::Prepare(std::span<const events::Event> events) {
  std::vector<events::Effect> effects;
  std::vector<v1::Activity> told;
  for (const events::Event& event : events) {
    if (IsOf<PortalUserLocked>(event)) {
      ASSIGN_OR_RETURN(const PortalUserLocked locked, PayloadOf<PortalUserLocked>(event));
      for (const std::string& contact_id : locked.contact_ids()) {
        told.push_back(Told(event, contact_id, v1::ACTIVITY_KIND_LOCKED));
        told.back().set_subject_id(locked.portal_user_id());
      }
    }
    if (!IsOf<MembershipCreated>(event)) continue;
    ASSIGN_OR_RETURN(MembershipCreated created, PayloadOf<MembershipCreated>(event));
    told.push_back(Told(event, created.membership().contact_id(), v1::ACTIVITY_KIND_SIGNED_UP));
    told.back().set_subject_id(created.portal_user().id());
    effects.push_back([created = std::move(created)](storage::Session& session) {
      const std::string& contact_id = created.membership().contact_id();
      RETURN_IF_ERROR(SavePortalUser(session, contact_id, created.portal_user().id(),
                                     created.portal_user().user_id()));
      // The invitation service may not have been heard on this yet.
      return SaveInvitationState(session, contact_id, created.invitation_id(),
                                 invitation::v1::INVITATION_STATE_ACCEPTED);
    });
  }
  effects.push_back([this, told = std::move(told)](storage::Session& session) {
    return activities_.AddTold(session, told);
  });
  return InOrder(std::move(effects));
}

}  // namespace portico::contact
