#include "services/registration/account_events.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "portico/account/v1/account_events.pb.h"

namespace portico::registration {
namespace {

using account::v1::AccountsMerged;
using account::v1::AccountUpdated;
using account::v1::PortalOptions;
using account::v1::PortalOptionsUpdated;

LockoutPolicy PolicyOf(const PortalOptions& options) {
  return {.threshold = options.lockout_threshold(),
          .duration = absl::Seconds(options.lockout_duration().seconds()) +
                      absl::Nanoseconds(options.lockout_duration().nanos())};
}

}  // namespace

std::vector<std::string> AccountEvents::types() const {
  return {AccountUpdated::descriptor()->full_name(), AccountsMerged::descriptor()->full_name(),
          PortalOptionsUpdated::descriptor()->full_name()};
}

absl::StatusOr<events::Effect> AccountEvents::Prepare(std::span<const events::Event> events) {
  return [this, copies = std::vector<events::Event>(events.begin(), events.end())](
             storage::Session& session) -> absl::Status {
    for (const events::Event& event : copies) RETURN_IF_ERROR(Apply(session, event));
    return absl::OkStatus();
  };
}

absl::Status AccountEvents::Apply(storage::Session& session, const events::Event& event) {
  AccountUpdated account;
  if (event.data().UnpackTo(&account)) {
    const std::string& winner_id = account.account().merged_into_id();
    // All that a snapshot tells of a merge. The winner's name comes with its own update.
    if (!winner_id.empty()) return Merge(session, account.account().id(), winner_id);
    return portal_users_.RenameAccount(session, account.account().id(),
                                       account.account().display_name());
  }
  AccountsMerged merged;
  if (event.data().UnpackTo(&merged)) {
    RETURN_IF_ERROR(Merge(session, merged.loser_id(), merged.winner().id()));
    return portal_users_.RenameAccount(session, merged.winner().id(),
                                       merged.winner().display_name());
  }
  PortalOptionsUpdated options;
  if (event.data().UnpackTo(&options)) {
    return lockouts_.SavePolicy(session, PolicyOf(options.portal_options()));
  }
  return absl::InvalidArgumentError("event " + event.id() +
                                    " tells of no account and no portal options");
}

absl::Status AccountEvents::Merge(storage::Session& session, const std::string& loser_id,
                                  const std::string& winner_id) {
  RETURN_IF_ERROR(contact_access_.Merge(session, loser_id, winner_id));
  // That may have been merged since.
  ASSIGN_OR_RETURN(const std::string stays, contact_access_.Resolve(session, loser_id));
  return portal_users_.MoveAccount(session, loser_id, stays);
}

}  // namespace portico::registration
