#include "services/registration/lockout_store.h"

#include <string>

#include "libs/auth/encoding.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "services/registration/user_id.h"

namespace portico::registration {
namespace {

std::string Hashed(std::string_view user_id) {
  return auth::EncodeBase64Url(Sha256(UserIdKey(user_id)));
}

}  // namespace

absl::StatusOr<bool> LockoutStore::IsLocked(storage::Session& transaction,
                                            std::string_view user_id) const {
  ASSIGN_OR_RETURN(const LockoutPolicy policy, FindPolicy(transaction));
  ASSIGN_OR_RETURN(const auto row,
                   transaction.SelectOne<int64_t>(
                       "select failures from sign_in_failure"
                       " where user_id_hash = :user_id_hash and last_time > :forgotten"
                       " and last_time < :unbelievable",
                       Hashed(user_id), Forgotten(policy), Unbelievable()));
  return row.has_value() && std::get<0>(*row) >= policy.threshold;
}

absl::StatusOr<std::optional<absl::Time>> LockoutStore::CountFailure(
    storage::Session& transaction, std::string_view user_id) const {
  ASSIGN_OR_RETURN(const LockoutPolicy policy, FindPolicy(transaction));
  const absl::Time now = clock_.Now();
  // While it is locked, no row changes and none is answered.
  ASSIGN_OR_RETURN(
      const auto row,
      transaction.SelectOne<int64_t>(
          "insert into sign_in_failure (user_id_hash, failures, last_time)"
          " values (:user_id_hash, 1, :now)"
          " on conflict (user_id_hash) do update set last_time = excluded.last_time,"
          " failures = case when sign_in_failure.last_time > :forgotten"
          " and sign_in_failure.last_time < :unbelievable"
          " then sign_in_failure.failures + 1 else 1 end"
          " where sign_in_failure.last_time <= :forgotten"
          " or sign_in_failure.last_time >= :unbelievable"
          " or sign_in_failure.failures < :threshold"
          " returning failures",
          Hashed(user_id), ToMicros(now), Forgotten(policy), Unbelievable(), policy.threshold));
  if (!row.has_value() || std::get<0>(*row) < policy.threshold) return std::nullopt;
  return now + policy.duration;
}

absl::Status LockoutStore::Rewrite(storage::Session& transaction, std::string_view user_id) const {
  return transaction
      .Execute("update sign_in_failure set failures = failures where user_id_hash = :user_id_hash",
               Hashed(user_id))
      .status();
}

absl::Status LockoutStore::Forget(storage::Session& transaction, std::string_view user_id) const {
  return transaction
      .Execute("delete from sign_in_failure where user_id_hash = :user_id_hash", Hashed(user_id))
      .status();
}

absl::Status LockoutStore::SavePolicy(storage::Session& transaction,
                                      const LockoutPolicy& policy) const {
  if (policy.threshold < 1 || policy.duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("lockout: got " + std::to_string(policy.threshold) +
                                      " failures for " + absl::FormatDuration(policy.duration) +
                                      ", want at least one and some time");
  }
  return transaction
      .Execute(
          "insert into lockout_policy (only_one, threshold, duration_micros)"
          " values (1, :threshold, :duration_micros)"
          " on conflict (only_one) do update set threshold = excluded.threshold,"
          " duration_micros = excluded.duration_micros",
          policy.threshold, absl::ToInt64Microseconds(policy.duration))
      .status();
}

absl::StatusOr<LockoutPolicy> LockoutStore::FindPolicy(storage::Session& transaction) const {
  ASSIGN_OR_RETURN(const auto row, (transaction.SelectOne<int64_t, int64_t>(
                                       "select threshold, duration_micros from lockout_policy")));
  if (!row.has_value()) return fallback_;
  const auto& [threshold, duration_micros] = *row;
  return LockoutPolicy{.threshold = static_cast<int>(threshold),
                       .duration = absl::Microseconds(duration_micros)};
}

absl::StatusOr<int64_t> LockoutStore::Purge() {
  return database_.Write([&](storage::Session& session) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(const LockoutPolicy policy, FindPolicy(session));
    return session.Execute(
        "delete from sign_in_failure where user_id_hash in (select user_id_hash"
        " from sign_in_failure where last_time <= :forgotten or last_time >= :unbelievable"
        " limit 1000)",
        Forgotten(policy), Unbelievable());
  });
}

}  // namespace portico::registration
