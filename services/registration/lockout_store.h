#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/clock.h"
#include "libs/storage/database.h"

namespace portico::registration {

struct LockoutPolicy {
  int threshold = 10;                           // Failures in a row that lock a user ID.
  absl::Duration duration = absl::Minutes(15);  // For how long after the last of them.
};

// The failed sign-ins of user IDs, whether anybody has them or not, so that both
// cost the same. A failure is forgotten when the last one is `duration` ago. The
// policy is the portal options', or else the one given here. Thread-safe.
class LockoutStore {
 public:
  LockoutStore(storage::Database& database, const Clock& clock, LockoutPolicy fallback)
      : database_(database), clock_(clock), fallback_(fallback) {}

  absl::StatusOr<bool> IsLocked(storage::Session& transaction, std::string_view user_id) const;

  // Counts one failure; while it is locked, none. Answers when the lock ends, where this failure
  // is the one that locks it.
  absl::StatusOr<std::optional<absl::Time>> CountFailure(storage::Session& transaction,
                                                         std::string_view user_id) const;

  // Writes what is there once more.
  absl::Status Rewrite(storage::Session& transaction, std::string_view user_id) const;

  absl::Status Forget(storage::Session& transaction, std::string_view user_id) const;

  // Counts from now on. INVALID_ARGUMENT: it would lock everybody, or nobody.
  absl::Status SavePolicy(storage::Session& transaction, const LockoutPolicy& policy) const;

  // Deletes up to a thousand rows whose failures are forgotten; answers how many.
  absl::StatusOr<int64_t> Purge();

 private:
  absl::StatusOr<LockoutPolicy> FindPolicy(storage::Session& transaction) const;
  // Failures up to this moment are forgotten.
  int64_t Forgotten(const LockoutPolicy& policy) const {
    return ToMicros(clock_.Now() - policy.duration);
  }
  // And those from this moment on: the clock was set back, and would lock for longer.
  int64_t Unbelievable() const { return ToMicros(clock_.Now() + absl::Minutes(1)); }

  storage::Database& database_;
  const Clock& clock_;
  const LockoutPolicy fallback_;
};

}  // namespace portico::registration
