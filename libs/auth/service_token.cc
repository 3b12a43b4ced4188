#include "libs/auth/service_token.h"

#include <utility>

#include "libs/auth/jwt_signer.h"
#include "libs/base/status_macros.h"

namespace portico::auth {

absl::StatusOr<std::unique_ptr<ServiceTokenSource>> ServiceTokenSource::FromFile(
    const std::string& path, std::string service, const Clock& clock) {
  ASSIGN_OR_RETURN(PrivateKey key, PrivateKey::FromFile(path));
  return std::make_unique<ServiceTokenSource>(std::move(key), std::move(service), clock);
}

ServiceTokenSource::ServiceTokenSource(PrivateKey key, std::string service, const Clock& clock)
    : key_(std::move(key)), service_(std::move(service)), clock_(clock) {}

std::string ServiceTokenSource::Token() {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  // A clock set back would else keep a token that is not valid yet.
  const bool fresh = now >= signed_at_ && now < signed_at_ + kServiceTokenLifetime / 2;
  if (!fresh) {
    token_ = SignJwt(key_, {.issuer = kServiceIssuer,
                            .subject = service_,
                            .audience = kServiceAudience,
                            .permissions = std::nullopt,
                            .issued = now,
                            .expires = now + kServiceTokenLifetime});
    signed_at_ = now;
  }
  return token_;
}

}  // namespace portico::auth
