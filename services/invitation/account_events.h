#pragma once

#include <absl/status/statusor.h>

#include <span>
#include <string>
#include <vector>

#include "libs/events/event_handler.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Follows the account service, for what recipients are chosen by and mails tell of accounts.
class AccountEvents final : public events::EventHandler {
 public:
  explicit AccountEvents(const Stores& stores) : stores_(stores) {}

  std::vector<std::string> types() const override;

  // INVALID_ARGUMENT: a payload cannot be read.
  absl::StatusOr<events::Effect> Prepare(std::span<const events::Event> events) override;

 private:
  // What a batch tells, in its order as far as that matters: things of one kind together.
  struct News {
    std::vector<account::v1::Account> accounts;
    std::vector<account::v1::Site> sites;
    std::vector<account::v1::AccountClass> classes;
    std::vector<account::v1::Division> divisions;
    std::vector<account::v1::PortalOptions> options;
    std::vector<std::pair<std::string, std::string>> merges;  // Of a loser into a winner.
  };

  static absl::Status Read(const events::Event& event, News& news);
  absl::Status Apply(storage::Session& session, const News& news) const;

  const Stores& stores_;
};

}  // namespace portico::invitation
