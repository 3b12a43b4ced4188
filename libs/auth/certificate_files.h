#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>

#include "libs/base/background_loop.h"

namespace portico::auth {

// A certificate with what may follow it in its chain, its private key, and the authorities that
// peers must be signed by, or none; PEM text, or the names of files that hold it.
struct Certificates {
  std::string cert, key, ca;
  bool operator==(const Certificates&) const = default;
};

// PEM files that may be replaced at any time, together or one after the other. What cannot be
// read yet, is cut short, or is a key of another certificate, is waited out.
class CertificateFiles {
 public:
  using Changed = std::function<void(const Certificates&)>;

  // Calls `changed` with what the files hold before it returns, and from then on with what they
  // hold a second or two after they were replaced. `files.ca` may be empty.
  // UNAVAILABLE: a file cannot be read. INVALID_ARGUMENT: it does not hold what it should.
  static absl::StatusOr<std::unique_ptr<CertificateFiles>> Open(Certificates files,
                                                                Changed changed);

  // Looks at once, and answers when to look again: the step of a BackgroundLoop. Thread-safe.
  absl::Duration Look() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  CertificateFiles(Certificates files, Changed changed);

  const Certificates files_;
  const Changed changed_;
  absl::Mutex mutex_;
  Certificates current_ ABSL_GUARDED_BY(mutex_);
  std::string told_ ABSL_GUARDED_BY(mutex_);  // What was last said to be wrong.
  std::unique_ptr<BackgroundLoop> looking_;
};

}  // namespace portico::auth
