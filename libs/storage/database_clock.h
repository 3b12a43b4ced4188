#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <optional>

#include "libs/base/background_loop.h"
#include "libs/base/clock.h"
#include "libs/storage/database.h"

namespace portico::storage {

// The time by which all processes that share a database agree who holds a lease and what has
// expired: the database server's, as their own clocks may be hours apart, or be set. On SQLite,
// whose file one process has to itself, that process's own clock. Thread-safe.
class DatabaseClock final : public Clock {
 public:
  // `own` is what SQLite goes by; `steady` counts between looks at the server's clock.
  explicit DatabaseClock(Database& database, const Clock& own = SystemClock(),
                         const Clock& steady = SteadyClock());

  absl::Time Now() const override ABSL_LOCKS_EXCLUDED(mutex_);

  // Asks the server for its time, and does so again every few seconds. To be called before Now().
  // Answers the database's errors.
  absl::Status Start();

  // Asks once.
  absl::Status Look() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Database& database_;
  const Clock& own_;
  const Clock& steady_;
  const bool is_shared_;

  mutable absl::Mutex mutex_;
  // What the server's clock is ahead of the steady one; none before the first look.
  std::optional<absl::Duration> ahead_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<BackgroundLoop> looking_;
};

}  // namespace portico::storage
