#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <string>

#include "libs/storage/database.h"

namespace portico::storage {

// Tells the processes on a database that this one lives, and which of them have died, so that
// what those had taken need not wait until its time is over. One that has only lost the database
// looks as dead to the others, and has to ask IsPresent. On SQLite, which one process has to
// itself, nobody else can have died. Thread-safe.
class Presence {
 public:
  using Bury = absl::FunctionRef<absl::Status(Session&, const std::string& process)>;

  // `process` names this one among those that do the `work`. One that has announced itself and
  // does not again for `length` is dead.
  Presence(Database& database, std::string work, std::string process, absl::Duration length);

  // To be called several times within `length`. Has `bury` take what a process that died had,
  // in the same transaction. Who has been away itself, as all are while there is no database,
  // gives the others time to announce themselves first.
  absl::Status Announce(Bury bury) ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether the others still take this process for alive.
  bool IsPresent() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Since when they have done so without a break. What it had taken before, another may have
  // taken over. InfiniteFuture: they do not.
  absl::Time Since() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status BuryDead(Session& session, Bury bury) const;

  Database& database_;
  const std::string work_;
  const std::string process_;
  const absl::Duration length_;
  mutable absl::Mutex mutex_;
  // Since and until when it is present without a break, by the steady clock.
  absl::Time since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace portico::storage
