#include "libs/storage/connection_pool.h"

#include <utility>

namespace portico::storage {

ConnectionPool::ConnectionPool(std::vector<std::unique_ptr<Connection>> connections,
                               absl::Duration wait)
    : connections_(std::move(connections)), wait_(wait) {
  for (const auto& connection : connections_) free_.push_back(connection.get());
}

absl::StatusOr<ConnectionPool::Lease> ConnectionPool::Take() {
  absl::MutexLock lock(&mutex_);
  const auto some_free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !free_.empty(); };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&some_free), wait_)) {
    return absl::ResourceExhaustedError("all database sessions are taken");
  }
  // The one used last has the warmest caches.
  Connection& connection = *free_.back();
  free_.pop_back();
  return Lease(*this, connection);
}

void ConnectionPool::Return(Connection& connection) {
  absl::MutexLock lock(&mutex_);
  free_.push_back(&connection);
}

}  // namespace portico::storage
