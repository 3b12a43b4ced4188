#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <string>

#include "libs/rpc/stream.h"
#include "libs/storage/database.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Those who watch bulk sends. They look again when woken, and hear only of what is new: deliveries
// come far more often than anyone can read. Thread-safe.
class BulkWatchers {
 public:
  // Has all look again.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);

  // What one watcher is told of a bulk send that there is. Needs the others as long as it lives.
  std::unique_ptr<rpc::StreamSource> Watch(storage::Database& database, const Stores& stores,
                                           const std::string& id);

 private:
  class Source;

  absl::Mutex mutex_;
  int64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, std::function<void()>> wakes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::invitation
