#include "services/invitation/expiry.h"

#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"

namespace portico::invitation {

using storage::Session;

namespace {

constexpr absl::Duration kRest = absl::Seconds(5);
constexpr int64_t kBatch = 100;  // Keeps the transaction short.

}  // namespace

absl::Duration Expiry::RunOnce() {
  const auto due = database_.Read([&](Session& session) {
    return stores_.invitations.ListPastExpiry(session, clock_.Now(), 1);
  });
  if (due.ok() && due->empty()) return kRest;
  const absl::Status status = database_.Write([&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Invitation> lapsed,
                     stores_.invitations.ListPastExpiry(session, clock_.Now(), kBatch));
    for (Invitation& invitation : lapsed) {
      RETURN_IF_ERROR(inviter_.Expire(session, invitation));
    }
    return absl::OkStatus();
  });
  if (status.ok()) return absl::ZeroDuration();
  log::Warn("invitations cannot be expired yet", {{"error", status.ToString()}});
  return kRest;
}

}  // namespace portico::invitation
