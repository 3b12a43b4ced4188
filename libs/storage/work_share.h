#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <vector>

#include "libs/storage/database.h"

namespace portico::storage {

// Divides a work among the processes on a database, so that each of its parts is done by one of
// them at a time. It spares them doing it twice; that no harm comes of one that was stopped and
// goes on after its time, their transactions must see to. On SQLite, which one process has to
// itself, that one does it all. Not thread-safe.
class WorkShare {
 public:
  // `length` is how long after its last Hold a process that has died keeps its parts.
  WorkShare(Database& database, std::string work, int parts, absl::Duration length);

  // Takes or prolongs what is due to this process, about as much as to each of the others, and
  // lets go the rest. Answers for each part whether it is this process's, for `length` from the
  // call's beginning.
  absl::StatusOr<std::vector<bool>> Hold();

  // Lets the others have all of it at once.
  absl::Status GiveBack();

 private:
  absl::Status Enroll(Session& session) const;
  absl::Status TakeParts(Session& session) const;

  Database& database_;
  const std::string work_;
  const int parts_;
  const absl::Duration length_;
  const std::string process_;
};

}  // namespace portico::storage
