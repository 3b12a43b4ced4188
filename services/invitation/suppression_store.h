#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/session.h"
#include "portico/invitation/v1/delivery.pb.h"
#include "services/invitation/stale_recipients.h"

namespace portico::invitation {

using portico::invitation::v1::Suppression;
using portico::invitation::v1::SuppressionReason;

// The addresses that get no mail, whatever case they are written in; of those of erased contacts,
// which get none either, only hashes are kept. Every call answers Session's errors.
class SuppressionStore {
 public:
  // Recipients with an address that becomes suppressed or free are noted as stale.
  explicit SuppressionStore(const StaleRecipients& stale) : stale_(stale) {}

  absl::StatusOr<bool> IsSuppressed(storage::Session& session, std::string_view address) const;

  // Those of the addresses that are, as mail::AddressKey writes them.
  absl::StatusOr<std::set<std::string>> Suppressed(storage::Session& session,
                                                   const std::vector<std::string>& addresses) const;

  // Those of them that do not even get what their owners ask for, since mail comes back or is
  // complained of.
  absl::StatusOr<std::set<std::string>> Unreachable(
      storage::Session& session, const std::vector<std::string>& addresses) const;

  // The one of that address, unless only a hash of it is kept.
  absl::StatusOr<std::optional<Suppression>> Find(storage::Session& session,
                                                  std::string_view address) const;

  // Keeps the first reason where there is one already, unless the new one makes the address
  // unreachable and the old one did not. `actor` is the member of staff who adds it, if one does.
  absl::Status Add(storage::Session& session, std::string_view address, std::string_view text,
                   absl::Time now,
                   SuppressionReason reason = portico::invitation::v1::SUPPRESSION_REASON_BOUNCED,
                   std::string_view actor = "") const;

  // The address gets mail again; false when it was not suppressed.
  absl::StatusOr<bool> Remove(storage::Session& session, std::string_view address) const;

  // Keeps no more of the address, where it is here, than that it gets no mail.
  absl::Status Erase(storage::Session& session, std::string_view address) const;

  // A page, in the order of the addresses. Besides Session's errors,
  // INVALID_ARGUMENT: the page token is of another list.
  absl::StatusOr<portico::invitation::v1::ListSuppressionsResponse> List(
      storage::Session& session,
      const portico::invitation::v1::ListSuppressionsRequest& request) const;

 private:
  const StaleRecipients& stale_;
};

}  // namespace portico::invitation
