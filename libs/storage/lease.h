#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>

#include "libs/storage/database.h"

namespace portico::storage {

// What only one of several processes on a database should do at a time. It spares them doing
// it twice; that no harm comes of a holder that was stopped and goes on after its time, their
// transactions must see to. On SQLite, which one process has to itself, it is always held.
class Lease {
 public:
  // `length` is how long after its last Hold a process that has died keeps others out.
  Lease(Database& database, std::string name, absl::Duration length);

  // Takes or prolongs it. False: another process has it.
  absl::StatusOr<bool> Hold();

  // Lets another have it at once.
  absl::Status GiveBack();

  absl::Duration length() const { return length_; }

 private:
  Database& database_;
  const std::string name_;
  const std::string owner_;
  const absl::Duration length_;
};

}  // namespace portico::storage
