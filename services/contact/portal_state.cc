#include "services/contact/portal_state.h"

#include <absl/strings/str_cat.h>

#include "libs/base/status_macros.h"

namespace portico::contact {
namespace {

using storage::Session;

// The id of the contact that :contact_id stands for.
constexpr char kStandsFor[] =
    "(select case when asked.merged_into_id = '' then asked.id else asked.merged_into_id end "
    "from contact as asked where asked.id = :contact_id)";

}  // namespace

absl::Status SaveDecision(Session& session, const invitation::v1::Decision& decision) {
  return session
      .Execute("update contact set portal_decision_reason = :reason where id = :id",
               decision.reason(), decision.contact_id())
      .status();
}

absl::Status SaveInvitationState(Session& session, const std::string& contact_id,
                                 const std::string& invitation_id,
                                 invitation::v1::InvitationState state) {
  // Ids of invitations sort by the time they were made. Of a contact that was merged away only that
  // it was accepted says something of the other one: its open invitation was revoked.
  return session
      .Execute(absl::StrCat(
                   "update contact set portal_invitation_id = :invitation_id, "
                   "portal_invitation_state = :state where id = ",
                   state == invitation::v1::INVITATION_STATE_ACCEPTED ? kStandsFor : ":contact_id",
                   " and (portal_invitation_id < :invitation_id or "
                   "(portal_invitation_id = :invitation_id "
                   "and portal_invitation_state <> :accepted))"),
               invitation_id, state, contact_id, invitation::v1::INVITATION_STATE_ACCEPTED)
      .status();
}

absl::Status SavePortalUser(Session& session, const std::string& contact_id,
                            const std::string& portal_user_id, const std::string& user_id) {
  RETURN_IF_ERROR(session
                      .Execute(absl::StrCat("insert into portal_membership "
                                            "(portal_user_id, contact_id) "
                                            "select cast(:portal_user_id as text), id from contact "
                                            "where id = ",
                                            kStandsFor, " on conflict do nothing"),
                               portal_user_id, contact_id)
                      .status());
  return session
      .Execute(absl::StrCat("update contact set portal_is_portal_user = 1, "
                            "portal_portal_user_id = :portal_user_id, portal_user_id = "
                            "case when erase_time is null then :user_id else '' end where id = ",
                            kStandsFor, " and portal_portal_user_id in ('', :portal_user_id)"),
               portal_user_id, user_id, contact_id)
      .status();
}

}  // namespace portico::contact
