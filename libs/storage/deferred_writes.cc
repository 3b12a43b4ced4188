#include "libs/storage/deferred_writes.h"

#include <pthread.h>

#include <utility>

#include "libs/log/trace.h"

namespace portico::storage {

DeferredWrites::DeferredWrites(size_t threads, size_t max_waiting, absl::Duration wait,
                               Writer write)
    : max_waiting_(max_waiting),
      wait_(absl::ToChronoNanoseconds(wait)),
      write_(std::move(write)) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

DeferredWrites::~DeferredWrites() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  for (const Call& call : line_) {
    call.done(absl::UnavailableError("the database is being closed"));
  }
}

void DeferredWrites::Submit(Work work, Done done) {
  {
    absl::MutexLock lock(&mutex_);
    if (line_.size() < max_waiting_) {
      line_.push_back({std::move(work), std::move(done), log::CurrentTrace(),
                       std::chrono::steady_clock::now() + wait_});
      return;
    }
  }
  done(absl::ResourceExhaustedError("too many writes wait for the database"));
}

size_t DeferredWrites::waiting() const {
  absl::MutexLock lock(&mutex_);
  return line_.size();
}

void DeferredWrites::Loop() {
  pthread_setname_np(pthread_self(), "db-writer");
  while (true) {
    Call call;
    {
      absl::MutexLock lock(&mutex_);
      const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !line_.empty();
      };
      mutex_.Await(absl::Condition(&due));
      if (stopping_) return;
      call = std::move(line_.front());
      line_.pop_front();
    }
    const log::TraceScope trace(call.trace);
    const bool in_time = std::chrono::steady_clock::now() < call.latest;
    call.done(in_time ? write_(call.work)
                      : absl::UnavailableError("the database is too busy to write"));
  }
}

}  // namespace portico::storage
