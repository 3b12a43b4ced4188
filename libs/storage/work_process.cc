#include "libs/storage/work_process.h"

namespace portico::storage {

absl::Status EnrollProcess(Session& session, std::string_view work, std::string_view process,
                           absl::Duration length) {
  return session
      .Execute(
          "insert into work_process (work, process, until_time) values (:work, :process, "
          "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) + "
          "cast(:length as bigint)) on conflict (work, process) do update "
          "set until_time = excluded.until_time",
          work, process, absl::ToInt64Microseconds(length))
      .status();
}

}  // namespace portico::storage
