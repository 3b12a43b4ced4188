#include "libs/storage/presence.h"

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/storage/work_process.h"

namespace portico::storage {

Presence::Presence(Database& database, std::string work, std::string process, absl::Duration length)
    : database_(database), work_(std::move(work)), process_(std::move(process)), length_(length) {}

absl::Status Presence::Announce(Bury bury) {
  if (database_.engine() == Engine::kSqlite) return absl::OkStatus();
  const absl::Time now = SteadyClock().Now();
  bool may_bury = false;
  {
    absl::MutexLock lock(&mutex_);
    may_bury = now < until_ && now - since_ >= length_;
  }
  const absl::Status status = database_.WriteUnderLocks([&](Session& session) -> absl::Status {
    RETURN_IF_ERROR(EnrollProcess(session, work_, process_, length_));
    return may_bury ? BuryDead(session, bury) : absl::OkStatus();
  });
  RETURN_IF_ERROR(status);
  absl::MutexLock lock(&mutex_);
  if (now >= until_) since_ = now;
  until_ = std::max(until_, now + length_);
  return absl::OkStatus();
}

absl::Status Presence::BuryDead(Session& session, Bury bury) const {
  // One that another process buries at this moment is passed over.
  ASSIGN_OR_RETURN(
      const auto dead,
      session.Select<std::string>(
          "select process from work_process where work = :work and process <> :process and "
          "until_time < cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) "
          "for update skip locked",
          work_, process_));
  for (const auto& [process] : dead) {
    RETURN_IF_ERROR(bury(session, process));
    RETURN_IF_ERROR(
        session
            .Execute("delete from work_process where work = :work and process = :process", work_,
                     process)
            .status());
  }
  return absl::OkStatus();
}

bool Presence::IsPresent() const { return Since() < absl::InfiniteFuture(); }

absl::Time Presence::Since() const {
  if (database_.engine() == Engine::kSqlite) return absl::InfinitePast();
  absl::MutexLock lock(&mutex_);
  return SteadyClock().Now() < until_ ? since_ : absl::InfiniteFuture();
}

}  // namespace portico::storage
