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
//
// A thread that ends a task takes the next one, and a sleeping thread is woken only
// while no other is on its way; woken, it wakes the next if more is to do. So a busy
// pool runs short tasks on few threads without switching between them, and still puts
// all its threads to work when tasks block. The thread that slept the shortest is woken,
// as its memory is the warmest.
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
  struct Sleeper {
    absl::CondVar changed;
    bool called = false;
  };

  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  void Sleep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CallOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t queue_;
  mutable absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::vector<Sleeper*> sleepers_ ABSL_GUARDED_BY(mutex_);
  bool one_is_called_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace portico::rpc
