#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "libs/storage/connection.h"

namespace portico::storage {

// A set number of connections, lent to one caller at a time. Thread-safe.
class ConnectionPool {
 public:
  ConnectionPool(std::vector<std::unique_ptr<Connection>> connections, absl::Duration wait);

  // Gives its connection back when it goes.
  class Lease {
   public:
    Lease(ConnectionPool& pool, Connection& connection) : pool_(&pool), connection_(&connection) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(other.connection_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->Return(*connection_);
    }
    Connection& operator*() const { return *connection_; }

   private:
    ConnectionPool* pool_;
    Connection* connection_;
  };

  // RESOURCE_EXHAUSTED: none became free within the pool's wait.
  absl::StatusOr<Lease> Take() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Return(Connection& connection) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::vector<std::unique_ptr<Connection>> connections_;
  const absl::Duration wait_;
  absl::Mutex mutex_;
  std::vector<Connection*> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::storage
