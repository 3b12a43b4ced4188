#include "libs/rpc/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace portico::rpc {

WorkerPool::WorkerPool(int threads, size_t queue) : queue_(queue) {
  threads_.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (Sleeper* sleeper : sleepers_) sleeper->changed.Signal();
    sleepers_.clear();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool WorkerPool::TrySubmit(Task task) {
  absl::MutexLock lock(&mutex_);
  if (tasks_.size() >= queue_) return false;
  tasks_.push_back(std::move(task));
  CallOne();
  return true;
}

void WorkerPool::Submit(Task task) {
  absl::MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
  CallOne();
}

size_t WorkerPool::waiting() const {
  absl::MutexLock lock(&mutex_);
  return tasks_.size();
}

void WorkerPool::Run() {
  pthread_setname_np(pthread_self(), "rpc-worker");
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      while (tasks_.empty() && !stopping_) Sleep();
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      if (!tasks_.empty()) CallOne();
    }
    task();
  }
}

void WorkerPool::Sleep() {
  Sleeper self;
  sleepers_.push_back(&self);
  while (!self.called && !stopping_) self.changed.Wait(&mutex_);
  if (self.called) one_is_called_ = false;
}

void WorkerPool::CallOne() {
  if (one_is_called_ || sleepers_.empty() || stopping_) return;
  one_is_called_ = true;
  Sleeper* const sleeper = sleepers_.back();
  sleepers_.pop_back();
  sleeper->called = true;
  sleeper->changed.Signal();
}

}  // namespace portico::rpc
