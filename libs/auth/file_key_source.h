#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <cstdint>
#include <memory>
#include <string>

#include "libs/auth/key_source.h"

namespace portico::auth {

// A JWK set in a file, read again when the file has changed; looked at once a second at most.
class FileKeySource final : public KeySource {
 public:
  FileKeySource(std::string path, const Clock& clock);

  std::shared_ptr<const KeySet> Keys() override ABSL_LOCKS_EXCLUDED(mutex_);
  bool ReportUnknownKey() override { return false; }

 private:
  // What tells two contents of a file apart without reading them.
  struct Stamp {
    int64_t modified_ns = 0;
    int64_t size = -1;
    uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };

  void Look() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const Clock& clock_;
  absl::Mutex mutex_;
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  Stamp stamp_ ABSL_GUARDED_BY(mutex_);
  std::string problem_ ABSL_GUARDED_BY(mutex_);  // Logged once, not every second.
  std::shared_ptr<const KeySet> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::auth
