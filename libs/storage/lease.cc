#include "libs/storage/lease.h"

#include <absl/strings/escaping.h>

#include <utility>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"

namespace portico::storage {

Lease::Lease(Database& database, std::string name, absl::Duration length)
    : database_(database),
      name_(std::move(name)),
      owner_(absl::BytesToHexString(RandomBytes(8))),
      length_(length) {}

absl::StatusOr<bool> Lease::Hold() {
  if (database_.engine() == Engine::kSqlite) return true;
  ASSIGN_OR_RETURN(
      const int64_t held, database_.WriteUnderLocks([this](Session& session) {
        return session.Execute(
            "insert into lease (name, owner, until_time) "
            "select :name, :owner, now_micros + cast(:length as bigint) from "
            "(select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) "
            "as now_micros) as clock "
            "on conflict (name) do update "
            "set owner = excluded.owner, until_time = excluded.until_time "
            "where lease.owner = excluded.owner "
            "or lease.until_time < excluded.until_time - cast(:length as bigint)",
            name_, owner_, absl::ToInt64Microseconds(length_));
      }));
  return held > 0;
}

absl::Status Lease::GiveBack() {
  if (database_.engine() == Engine::kSqlite) return absl::OkStatus();
  return database_
      .WriteUnderLocks([this](Session& session) {
        return session.Execute("delete from lease where name = :name and owner = :owner", name_,
                               owner_);
      })
      .status();
}

}  // namespace portico::storage
