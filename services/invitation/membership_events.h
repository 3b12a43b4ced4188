#pragma once

#include <absl/status/statusor.h>

#include <span>
#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/invitation/inviter.h"

namespace portico::invitation {

// Follows the registration service, to know which contacts are portal users.
class MembershipEvents final : public events::EventHandler {
 public:
  MembershipEvents(const Stores& stores, const Inviter& inviter)
      : stores_(stores), inviter_(inviter) {}

  std::vector<std::string> types() const override;

  // INVALID_ARGUMENT: a payload cannot be read.
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  const Stores& stores_;
  const Inviter& inviter_;
};

}  // namespace portico::invitation
