#include "services/registration/lockout_store.h"

#include <string>

#include "libs/auth/encoding.h"
#include "libs/base/status_macros.h"
#include "services/registration/user_id.h"

namespace portico::registration {
namespace {

std::string Hashed(std::string_view user_id) {
  return auth::EncodeBase64Url(auth::Sha256(UserIdKey(user_id)));
}

}  // namespace

absl::StatusOr<bool> LockoutStore::IsLocked(storage::Session& transaction,
                                            std::string_view user_id) const {
  ASSIGN_OR_RETURN(const auto row,
                   transaction.SelectOne<int64_t>(
                       "select failures from sign_in_failure"
                       " where user_id_hash = :user_id_hash and last_time > :forgotten",
                       Hashed(user_id), Forgotten()));
  return row.has_value() && std::get<0>(*row) >= policy_.threshold;
}

absl::Status LockoutStore::CountFailure(std::string_view user_id) {
  const std::string hash = Hashed(user_id);
  return database_.Write([&](storage::Session& session) {
    return session
        .Execute(
            "insert into sign_in_failure (user_id_hash, failures, last_time)"
            " values (:user_id_hash, 1, :now)"
            " on conflict (user_id_hash) do update set last_time = excluded.last_time,"
            " failures = case when sign_in_failure.last_time > :forgotten"
            " then sign_in_failure.failures + 1 else 1 end"
            " where sign_in_failure.last_time <= :forgotten"
            " or sign_in_failure.failures < :threshold",
            hash, ToMicros(clock_.Now()), Forgotten(), policy_.threshold)
        .status();
  });
}

absl::Status LockoutStore::Forget(storage::Session& transaction, std::string_view user_id) const {
  return transaction
      .Execute("delete from sign_in_failure where user_id_hash = :user_id_hash", Hashed(user_id))
      .status();
}

absl::StatusOr<int64_t> LockoutStore::Purge() {
  return database_.Write([&](storage::Session& session) {
    return session.Execute(
        "delete from sign_in_failure where user_id_hash in (select user_id_hash"
        " from sign_in_failure where last_time <= :forgotten limit 1000)",
        Forgotten());
  });
}

}  // namespace portico::registration
