#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <string>

#include "libs/auth/private_key.h"
#include "libs/base/clock.h"

namespace portico::auth {

// The issuer and audience of the tokens with which services call one another.
inline constexpr char kServiceIssuer[] = "portico-services";
inline constexpr char kServiceAudience[] = "portico";

inline constexpr absl::Duration kServiceTokenLifetime = absl::Minutes(5);

// Signs a service's own tokens. Thread-safe.
class ServiceTokenSource {
 public:
  // The error names the file when it holds no Ed25519 private key.
  static absl::StatusOr<std::unique_ptr<ServiceTokenSource>> FromFile(const std::string& path,
                                                                      std::string service,
                                                                      const Clock& clock);

  ServiceTokenSource(PrivateKey key, std::string service, const Clock& clock);

  // A token good for at least half its lifetime; the same one until then.
  std::string Token() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const PrivateKey key_;
  const std::string service_;
  const Clock& clock_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  absl::Time signed_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace portico::auth
