#pragma once

#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "services/contact/account_directory.h"

namespace portico::contact {

// Keeps the account directory by the events of the account service.
class AccountEvents final : public events::EventHandler {
 public:
  explicit AccountEvents(const AccountDirectory& accounts) : accounts_(accounts) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  const AccountDirectory& accounts_;
};

}  // namespace portico::contact
