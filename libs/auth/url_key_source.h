#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <string>

#include "libs/auth/key_source.h"
#include "libs/base/background_loop.h"

namespace portico::auth {

// A JWK set at a URL, fetched in the background: every ten minutes, every thirty
// seconds while that fails, and when a token names a key that is not there, but then
// no sooner than thirty seconds after the last fetch, so that made-up key ids cannot
// load the issuer.
class UrlKeySource final : public KeySource {
 public:
  // INVALID_ARGUMENT: neither https, nor http to a loopback address.
  static absl::StatusOr<std::unique_ptr<UrlKeySource>> Create(std::string url, const Clock& clock);

  std::shared_ptr<const KeySet> Keys() override ABSL_LOCKS_EXCLUDED(mutex_);
  bool ReportUnknownKey() override ABSL_LOCKS_EXCLUDED(mutex_);

  // Fetches the keys if that is due and answers how long it is until it is due again.
  absl::Duration RefreshIfDue() ABSL_LOCKS_EXCLUDED(mutex_);

  // Calls RefreshIfDue on a thread from now on. Call once at most.
  void StartRefreshing();

 private:
  UrlKeySource(std::string url, const Clock& clock);

  void Accept(absl::StatusOr<std::string> text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string url_;
  const Clock& clock_;
  absl::Mutex mutex_;
  absl::Time tried_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time due_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::string text_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const KeySet> keys_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<BackgroundLoop> loop_;  // Last: it uses the others until it is gone.
};

}  // namespace portico::auth
