#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/secret.h"

namespace portico::auth {

// What one hash costs.
struct PasswordCost {
  uint64_t passes = 0;
  size_t memory_bytes = 0;

  static PasswordCost Interactive();  // 64 MiB, some 70 ms.
  static PasswordCost Cheapest();     // For tests.
};

struct PasswordHasherOptions {
  PasswordCost cost = PasswordCost::Interactive();
  int threads = 2;
  // Calls that may wait for a thread. With those being served they are few beside an RPC
  // server's workers, which they block.
  size_t queue = 14;
};

// Hashes passwords with Argon2id on a few threads of its own, so that a flood of
// sign-ins cannot take the machine. Calls block until they are served. Thread-safe.
//
// `deadline` is when whoever asked stops waiting: work that is not begun by then is dropped.
//
// Every call, and nothing is then known of the password:
// RESOURCE_EXHAUSTED: the queue is full.
// DEADLINE_EXCEEDED: dropped.
// UNAVAILABLE: the memory for a hash cannot be had.
class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordHasherOptions options);
  ~PasswordHasher();  // No call may be under way.
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // A salted hash with its parameters, as text. Deadlines are by SteadyClock().
  absl::StatusOr<std::string> Hash(const Secret& password, absl::Time deadline);

  // Whether `hash` is of this password. INTERNAL: it is no hash of an Argon2id password.
  absl::StatusOr<bool> Verify(const Secret& password, const std::string& hash, absl::Time deadline);

  // False, after the work of a Verify: for a user who does not exist, so that the time
  // of the answer does not tell.
  absl::StatusOr<bool> VerifyNothing(const Secret& password, absl::Time deadline);

 private:
  struct Job {
    absl::FunctionRef<void()> work;
    absl::Time deadline;
    absl::Notification& done;
    bool& dropped;
  };

  absl::Status Run(absl::FunctionRef<void()> work, absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);
  void Serve() ABSL_LOCKS_EXCLUDED(mutex_);

  const PasswordHasherOptions options_;
  const std::string hash_of_nothing_;
  absl::Mutex mutex_;
  std::deque<Job> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;  // Waiting or being served.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace portico::auth
