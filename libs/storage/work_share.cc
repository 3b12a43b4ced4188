#include "libs/storage/work_share.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/storage/work_process.h"

namespace portico::storage {
namespace {

// What a process may be called is its own affair, but a restarted one is another.
std::string NewProcessName() { return absl::BytesToHexString(RandomBytes(8)); }

}  // namespace

WorkShare::WorkShare(Database& database, std::string work, int parts, absl::Duration length)
    : database_(database),
      work_(std::move(work)),
      parts_(parts),
      length_(length),
      process_(NewProcessName()) {}

absl::StatusOr<std::vector<bool>> WorkShare::Hold() {
  if (database_.engine() == Engine::kSqlite) return std::vector<bool>(parts_, true);
  return database_.WriteUnderLocks([this](Session& session) -> absl::StatusOr<std::vector<bool>> {
    RETURN_IF_ERROR(Enroll(session));
    RETURN_IF_ERROR(TakeParts(session));
    ASSIGN_OR_RETURN(const auto rows,
                     session.Select<int64_t>(
                         "select part from work_part where work = :work and process = :process",
                         work_, process_));
    std::vector<bool> held(parts_, false);
    for (const auto& [part] : rows) held[part] = true;
    return held;
  });
}

absl::Status WorkShare::Enroll(Session& session) const {
  RETURN_IF_ERROR(EnrollProcess(session, work_, process_, length_));
  // One that another process deletes at this moment is passed over, so that none waits.
  return session
      .Execute(
          "delete from work_process where (work, process) in ("
          "select work, process from work_process where work = :work and process <> :process "
          "and until_time < cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) "
          "for update skip locked)",
          work_, process_)
      .status();
}

absl::Status WorkShare::TakeParts(Session& session) const {
  ASSIGN_OR_RETURN(
      const auto processes,
      session.Select<std::string>(
          "select process from work_process where work = :work order by process", work_));
  const auto us = std::find(processes.begin(), processes.end(), std::tuple(process_));
  const int64_t rank = us - processes.begin();
  const int64_t count = static_cast<int64_t>(processes.size());
  RETURN_IF_ERROR(session
                      .Execute("delete from work_part where work = :work and process = :process "
                               "and part % cast(:count as bigint) <> :rank",
                               work_, process_, count, rank)
                      .status());
  // In order, so that two processes that disagree about who is there wait for one another
  // one way round.
  return session
      .Execute(
          "insert into work_part (work, part, process, until_time) "
          "select :work, part, :process, "
          "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) + "
          "cast(:length as bigint) "
          "from generate_series(cast(0 as bigint), cast(:last as bigint)) as part "
          "where part % cast(:count as bigint) = :rank order by part "
          "on conflict (work, part) do update "
          "set process = excluded.process, until_time = excluded.until_time "
          "where work_part.process = excluded.process or work_part.until_time < "
          "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
          work_, process_, absl::ToInt64Microseconds(length_), static_cast<int64_t>(parts_ - 1),
          count, rank)
      .status();
}

absl::Status WorkShare::GiveBack() {
  if (database_.engine() == Engine::kSqlite) return absl::OkStatus();
  return database_.WriteUnderLocks([this](Session& session) -> absl::Status {
    RETURN_IF_ERROR(
        session
            .Execute("delete from work_process where work = :work and process = :process", work_,
                     process_)
            .status());
    return session
        .Execute("delete from work_part where work = :work and process = :process", work_, process_)
        .status();
  });
}

}  // namespace portico::storage
