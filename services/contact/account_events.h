#pragma once

#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "portico/account/v1/account_events.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/account_mover.h"

namespace portico::contact {

// Keeps the account directory by the events of the account service, and moves the contacts of an
// account that was merged into another.
class AccountEvents final : public events::EventHandler {
 public:
  AccountEvents(const AccountDirectory& accounts, const AccountMover& mover)
      : accounts_(accounts), mover_(mover) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  absl::Status Save(storage::Session& session, const account::v1::Account& account) const;

  const AccountDirectory& accounts_;
  const AccountMover& mover_;
};

}  // namespace portico::contact
