#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <span>
#include <vector>

#include "libs/base/clock.h"
#include "libs/mail/transport.h"
#include "libs/storage/database.h"
#include "services/invitation/delivery_policy.h"
#include "services/invitation/delivery_queue.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// A mail that was tried, and what came of it.
struct TriedMail {
  ClaimedMail claimed;
  mail::DeliveryResult result;
};

// Keeps what came of attempts, and what that means for messages, invitations and addresses.
// Thread-safe.
class DeliveryResults {
 public:
  DeliveryResults(storage::Database& database, const Stores& stores, const Clock& clock,
                  const DeliveryOptions& options)
      : database_(database), stores_(stores), clock_(clock), options_(options) {}

  // Records attempts that ended now, of different mails, in one transaction. Where a lease is
  // lost, only an acceptance means anything. Answers the outcome of each; none of a message that is
  // gone. Besides that it answers the database's errors.
  absl::StatusOr<std::vector<std::optional<DeliveryOutcome>>> Record(
      std::span<const TriedMail> tried);

 private:
  DeliveryStore::Ending Judge(const TriedMail& tried, const DeliveryStore::State& state,
                              double fraction, absl::Time now) const;

  storage::Database& database_;
  const Stores& stores_;
  const Clock& clock_;
  const DeliveryOptions options_;
};

}  // namespace portico::invitation
