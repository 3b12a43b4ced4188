#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <string>

#include "libs/auth/caller.h"
#include "libs/auth/key_source.h"

namespace portico::auth {

// A token's caller, good until the time is past or `source` has other keys than these.
struct VerifiedToken {
  Caller caller;
  absl::Time valid_until;
  KeySource* source;
  std::shared_ptr<const KeySet> keys;
};

// Remembers verified tokens by the hash of their text, so that no token lies in
// memory. Holds two generations: what is used moves to the young one, and when that
// is full the old one goes. So at most `capacity` are held, and what was not used
// for the last half of it is dropped. Thread-safe.
class TokenCache {
 public:
  explicit TokenCache(size_t capacity);

  std::shared_ptr<const VerifiedToken> Find(const std::string& hash) ABSL_LOCKS_EXCLUDED(mutex_);
  void Add(const std::string& hash, std::shared_ptr<const VerifiedToken> token)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Generation = absl::flat_hash_map<std::string, std::shared_ptr<const VerifiedToken>>;

  void AddLocked(const std::string& hash, std::shared_ptr<const VerifiedToken> token)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t generation_capacity_;
  absl::Mutex mutex_;
  Generation young_ ABSL_GUARDED_BY(mutex_);
  Generation old_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::auth
