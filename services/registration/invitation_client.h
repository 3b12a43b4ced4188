#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "libs/rpc/peer.h"
#include "portico/invitation/v1/invitation.pb.h"

namespace portico::registration {

// The invitation service, as registration needs it. Both calls answer:
//   NOT_FOUND: no such invitation, or its link was replaced.
//   FAILED_PRECONDITION with reason INVITATION_EXPIRED, INVITATION_REVOKED or
//     INVITATION_ACCEPTED.
//   UNAVAILABLE: it may work later.
//   INTERNAL: anything else, which is between the two services; logged.
// Thread-safe.
class InvitationClient {
 public:
  explicit InvitationClient(rpc::Peer& peer) : peer_(peer) {}

  // What a link's token stands for. Text of another form costs no call.
  absl::StatusOr<invitation::v1::Invitee> LookUp(const std::string& token);

  // Takes the invitation for the acceptance, for ever. A refusal (see IsRefusal) is
  // for ever too.
  absl::StatusOr<invitation::v1::Invitee> Redeem(const std::string& invitation_id,
                                                 const std::string& token_hash,
                                                 const std::string& acceptance_id);

  static bool IsRefusal(const absl::Status& status);

 private:
  rpc::Peer& peer_;
};

}  // namespace portico::registration
