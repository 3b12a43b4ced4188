#pragma once

#include <string>
#include <vector>

#include "libs/events/subscription.h"
#include "portico/account/v1/account_events.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/contact_merger.h"

namespace portico::contact {

// Keeps the account directory by the events of the account service, and moves the contacts of an
// account that was merged into another.
class AccountEvents final : public events::EventHandler {
 public:
  AccountEvents(const AccountDirectory& accounts, const ContactMerger& merger)
      : accounts_(accounts), merger_(merger) {}

  std::vector<std::string> types() const override;
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  absl::Status Save(storage::Session& session, const account::v1::Account& account) const;
  absl::Status Merge(storage::Session& session, const std::string& loser_id,
                     const std::string& winner_id) const;

  const AccountDirectory& accounts_;
  const ContactMerger& merger_;
};

}  // namespace portico::contact
