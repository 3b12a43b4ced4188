#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/session.h"
#include "services/invitation/stale_recipients.h"

namespace portico::invitation {

// The addresses that get no mail, whatever case they are written in; of those of erased contacts,
// which get none either, only hashes are kept. Every call answers Session's errors.
class SuppressionStore {
 public:
  // Recipients with an address that becomes suppressed are noted as stale.
  explicit SuppressionStore(const StaleRecipients& stale) : stale_(stale) {}

  absl::StatusOr<bool> IsSuppressed(storage::Session& session, std::string_view address) const;

  // Those of the addresses that are, as mail::AddressKey writes them.
  absl::StatusOr<std::set<std::string>> Suppressed(storage::Session& session,
                                                   const std::vector<std::string>& addresses) const;

  // Keeps the first reason where there is one already.
  absl::Status Add(storage::Session& session, std::string_view address, std::string_view reason,
                   absl::Time now) const;

  // Keeps no more of the address, where it is here, than that it gets no mail.
  absl::Status Erase(storage::Session& session, std::string_view address) const;

 private:
  const StaleRecipients& stale_;
};

}  // namespace portico::invitation
