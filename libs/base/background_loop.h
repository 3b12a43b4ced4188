#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <string>
#include <thread>

namespace portico {

// A thread that calls `step` again and again. `step` does what is due and
// answers how long it may rest; Wake() cuts that rest short. All work is in
// `step`, so tests call that directly and need no thread.
class BackgroundLoop {
 public:
  BackgroundLoop(std::string name, std::function<absl::Duration()> step);
  ~BackgroundLoop();  // Stops.
  BackgroundLoop(const BackgroundLoop&) = delete;
  BackgroundLoop& operator=(const BackgroundLoop&) = delete;

  // Calls `step` soon; a call made while `step` runs leads to one more. Thread-safe.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);

  // Lets a running `step` finish and joins the thread. Safe to call twice, from one thread.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string name_;
  const std::function<absl::Duration()> step_;
  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace portico
