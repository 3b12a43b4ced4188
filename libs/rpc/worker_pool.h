#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/functional/any_invocable.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

namespace portico::rpc {

// Threads that run tasks in the order they came. Thread-safe.
class WorkerPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  WorkerPool(int threads, size_t queue);
  ~WorkerPool();  // Stops.

  // Runs what is queued, then ends the threads. No task may come later. Safe to repeat.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // False, and the task is dropped, when the queue is full.
  bool TrySubmit(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

  // For what continues work already let in: the queue's bound does not count.
  void Submit(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

  size_t waiting() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t queue_;
  mutable absl::Mutex mutex_;
  // A condition variable rather than Mutex's conditions, which every unlock
  // would evaluate for each idle thread.
  absl::CondVar changed_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace portico::rpc
