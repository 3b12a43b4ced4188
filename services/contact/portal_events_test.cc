#include "services/contact/portal_events.h"

#include "portico/invitation/v1/invitation_events.pb.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

using invitation::v1::InvitationState;

// Plays the events of the invitation and registration services.
struct PortalFixture : ContactFixture {
  absl::Status Invitation(const std::string& id, InvitationState state) {
    invitation::v1::InvitationChanged changed;
    changed.mutable_invitation()->set_id(id);
    changed.mutable_invitation()->set_contact_id(contact.id());
    changed.mutable_invitation()->set_state(state);
    return invitations.Apply(BatchOf(++invitation_position, changed));
  }

  absl::Status Decided(const std::string& contact_id, invitation::v1::DecisionReason reason) {
    invitation::v1::InvitationDecided decided;
    decided.mutable_decision()->set_contact_id(contact_id);
    decided.mutable_decision()->set_reason(reason);
    return invitations.Apply(BatchOf(++invitation_position, decided));
  }

  absl::Status BecamePortalUser(const std::string& invitation_id,
                                const std::string& user_id = "john.doe") {
    registration::v1::MembershipCreated created;
    created.mutable_membership()->set_contact_id(contact.id());
    created.mutable_portal_user()->set_id("usr_1");
    created.mutable_portal_user()->set_user_id(user_id);
    created.set_invitation_id(invitation_id);
    return registrations.Apply(BatchOf(registration_position, created));
  }

  template <class Payload>
  static events::v1::WatchEventsResponse BatchOf(int64_t position, const Payload& payload) {
    events::v1::WatchEventsResponse batch;
    events::v1::Event& event = *batch.add_events();
    event.set_id("evt_" + std::to_string(position));
    event.set_type(Payload::descriptor()->full_name());
    event.set_position(position);
    event.mutable_data()->PackFrom(payload);
    batch.set_position(position);
    return batch;
  }

  v1::PortalState Portal() { return Get(contact.id()).value().portal(); }

  const v1::Contact contact = Create(NewContact()).value();
  int64_t invitation_position = 0;
  int64_t registration_position = 1;
  InvitationEvents invitation_events{activities};
  RegistrationEvents registration_events{activities};
  events::Subscription invitations{"invitations", "invitation",      *database,
                                   *account_peer, invitation_events, clock};
  events::Subscription registrations{"registrations", "registration",      *database,
                                     *account_peer,   registration_events, clock};
};

TEST_CASE_METHOD(PortalFixture, "A contact shows the decision and the state of its invitation",
                 "[contact]") {
  REQUIRE(Decided(contact.id(), invitation::v1::DECISION_REASON_ALL_CONDITIONS_MET).ok());
  REQUIRE(Invitation("inv_1", invitation::v1::INVITATION_STATE_SENT).ok());
  CHECK(Portal().decision_reason() == invitation::v1::DECISION_REASON_ALL_CONDITIONS_MET);
  CHECK(Portal().invitation_state() == invitation::v1::INVITATION_STATE_SENT);
  CHECK_FALSE(Portal().is_portal_user());
}

TEST_CASE_METHOD(PortalFixture, "Portal state leaves the contact's etag and the log alone",
                 "[contact]") {
  REQUIRE(Invitation("inv_1", invitation::v1::INVITATION_STATE_SENT).ok());
  REQUIRE(BecamePortalUser("inv_1").ok());
  v1::Contact with_portal = Get(contact.id()).value();
  CHECK(with_portal.portal().user_id() == "john.doe");
  CHECK(with_portal.portal().portal_user_id() == "usr_1");
  with_portal.clear_portal();
  CHECK(with_portal.ShortDebugString() == contact.ShortDebugString());
  CHECK(Events().size() == 1);
}

TEST_CASE_METHOD(PortalFixture, "An update of the contact keeps its portal state", "[contact]") {
  REQUIRE(BecamePortalUser("inv_1").ok());
  v1::Contact patch = contact;
  patch.set_title("Owner");
  CHECK(Update(patch, "title").value().portal().is_portal_user());
  CHECK(Portal().is_portal_user());
}

TEST_CASE_METHOD(PortalFixture, "A portal user stays one whatever is heard of invitations later",
                 "[contact]") {
  REQUIRE(BecamePortalUser("inv_2").ok());
  CHECK(Portal().invitation_state() == invitation::v1::INVITATION_STATE_ACCEPTED);
  for (const char* id : {"inv_1", "inv_2"}) {
    for (const InvitationState state :
         {invitation::v1::INVITATION_STATE_SENT, invitation::v1::INVITATION_STATE_REVOKED,
          invitation::v1::INVITATION_STATE_EXPIRED}) {
      REQUIRE(Invitation(id, state).ok());
      CHECK(Portal().is_portal_user());
      CHECK(Portal().invitation_state() == invitation::v1::INVITATION_STATE_ACCEPTED);
    }
  }
}

TEST_CASE_METHOD(PortalFixture, "A lock stands in the history of each contact of the portal user",
                 "[contact]") {
  const v1::Contact other = Create(NewContact("other@example.com")).value();
  registration::v1::PortalUserLocked locked;
  locked.set_portal_user_id("usr_1");
  locked.add_contact_ids(contact.id());
  locked.add_contact_ids(other.id());
  locked.add_contact_ids("con_none");
  REQUIRE(registrations.Apply(BatchOf(registration_position, locked)).ok());
  for (const std::string& id : {contact.id(), other.id()}) {
    v1::ListActivityRequest request;
    request.set_contact_id(id);
    const auto history = Call<v1::ListActivityResponse>(request);
    REQUIRE(history.ok());
    REQUIRE(history->activities_size() == 2);
    CHECK(history->activities(0).kind() == v1::ACTIVITY_KIND_LOCKED);
    CHECK(history->activities(0).subject_id() == "usr_1");
  }
}

TEST_CASE_METHOD(PortalFixture, "The state is that of the last invitation", "[contact]") {
  REQUIRE(Invitation("inv_1", invitation::v1::INVITATION_STATE_SENT).ok());
  REQUIRE(Invitation("inv_2", invitation::v1::INVITATION_STATE_PENDING).ok());
  REQUIRE(Invitation("inv_1", invitation::v1::INVITATION_STATE_REVOKED).ok());
  CHECK(Portal().invitation_state() == invitation::v1::INVITATION_STATE_PENDING);
  REQUIRE(Invitation("inv_2", invitation::v1::INVITATION_STATE_BOUNCED).ok());
  CHECK(Portal().invitation_state() == invitation::v1::INVITATION_STATE_BOUNCED);
}

TEST_CASE_METHOD(PortalFixture, "An event that arrives again has no second effect", "[contact]") {
  REQUIRE(BecamePortalUser("inv_1", "john.doe").ok());
  // The same position is the same event, whatever it holds now.
  REQUIRE(BecamePortalUser("inv_1", "somebody.else").ok());
  CHECK(Portal().user_id() == "john.doe");
}

TEST_CASE_METHOD(PortalFixture, "An event about a contact that does not exist is passed over",
                 "[contact]") {
  REQUIRE(Decided("con_none", invitation::v1::DECISION_REASON_NO_EMAIL).ok());
  CHECK(invitations.Position().value() == 1);
  CHECK(Get("con_none").status().code() == absl::StatusCode::kNotFound);
  CHECK(Portal().decision_reason() == invitation::v1::DECISION_REASON_UNSPECIFIED);
}

}  // namespace
}  // namespace portico::contact
