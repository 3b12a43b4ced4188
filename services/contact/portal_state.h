#pragma once

#include <absl/status/status.h>

#include <string>

#include "libs/storage/session.h"
#include "portico/invitation/v1/invitation.pb.h"

namespace portico::contact {

// These note what the events of other services tell of a contact. They leave its etag and
// update_time alone and publish nothing; where there is no such contact they do nothing. What is
// told of a contact that was merged into another is noted of that. All answer Session's errors.

absl::Status SaveDecision(storage::Session& session, const invitation::v1::Decision& decision);

// What an older invitation than the one known tells is passed over, and an accepted one stays
// accepted, in whatever order the services are heard.
absl::Status SaveInvitationState(storage::Session& session, const std::string& contact_id,
                                 const std::string& invitation_id,
                                 invitation::v1::InvitationState state);

// The first portal user stays the one that is shown. Nothing of whoever was erased is kept again.
absl::Status SavePortalUser(storage::Session& session, const std::string& contact_id,
                            const std::string& portal_user_id, const std::string& user_id);

}  // namespace portico::contact
