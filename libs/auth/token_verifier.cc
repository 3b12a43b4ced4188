#include "libs/auth/token_verifier.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/auth/encoding.h"
#include "libs/auth/jwt.h"
#include "libs/auth/service_token.h"
#include "libs/auth/token_cache.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"

namespace portico::auth {
namespace {

constexpr size_t kRememberedTokens = 10'000;

// One of the two issuers.
struct Issuer {
  CallerKind kind;
  KeySource* source;
  JwtExpectation expectation;
};

Caller StaffCaller(const Jwt& jwt) {
  Permissions permissions;
  if (jwt.permissions.has_value()) {
    permissions.insert(jwt.permissions->begin(), jwt.permissions->end());
  }
  return {.kind = CallerKind::kStaff,
          .subject = jwt.subject,
          .session_id = "",
          .permissions = std::make_shared<const Permissions>(std::move(permissions))};
}

absl::StatusOr<Caller> ServiceCaller(const Jwt& jwt, const VerificationKey& key) {
  if (key.service.empty() || jwt.subject != key.service) {
    return absl::UnauthenticatedError("the token's subject is not the service of its key");
  }
  Permissions permissions;
  for (const std::string& permission : key.permissions) {
    const bool asked_for =
        !jwt.permissions.has_value() || std::find(jwt.permissions->begin(), jwt.permissions->end(),
                                                  permission) != jwt.permissions->end();
    if (asked_for) permissions.insert(permission);
  }
  return Caller{.kind = CallerKind::kService,
                .subject = jwt.subject,
                .session_id = "",
                .permissions = std::make_shared<const Permissions>(std::move(permissions))};
}

}  // namespace

TokenVerifier::TokenVerifier(TokenVerifierOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      cache_(std::make_unique<TokenCache>(kRememberedTokens)) {}

TokenVerifier::~TokenVerifier() = default;

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Open(
    const settings::StaffTokenSettings& staff, const settings::ServiceTokenSettings& services,
    const Clock& clock) {
  if (staff.issuer == kServiceIssuer) {
    return absl::InvalidArgumentError("PORTICO_JWT_ISSUER: got \"" + staff.issuer +
                                      "\", which is the services' own issuer");
  }
  ASSIGN_OR_RETURN(std::shared_ptr<KeySource> staff_keys, OpenKeySource(staff.jwks, SteadyClock()));
  ASSIGN_OR_RETURN(std::shared_ptr<KeySource> service_keys,
                   OpenKeySource(services.jwks, SteadyClock()));
  return std::make_unique<TokenVerifier>(
      TokenVerifierOptions{.staff_keys = std::move(staff_keys),
                           .issuer = staff.issuer,
                           .audience = staff.audience,
                           .service_keys = std::move(service_keys)},
      clock);
}

absl::StatusOr<Caller> TokenVerifier::Verify(std::string_view bearer_token) {
  if (bearer_token.size() > kMaxTokenBytes) {
    return absl::UnauthenticatedError("the token is too long");
  }
  const absl::Time now = clock_.Now();
  const std::string hash = Sha256(bearer_token);
  const std::shared_ptr<const VerifiedToken> known = cache_->Find(hash);
  if (known != nullptr && now < known->valid_until && known->source->Keys() == known->keys) {
    return known->caller;
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const VerifiedToken> verified,
                   VerifyAnew(bearer_token, now));
  cache_->Add(hash, verified);
  return verified->caller;
}

absl::StatusOr<std::shared_ptr<const VerifiedToken>> TokenVerifier::VerifyAnew(
    std::string_view token, absl::Time now) {
  ASSIGN_OR_RETURN(const Jwt jwt, ParseJwt(token));
  // What the token states of itself only chooses whose keys must have signed it.
  Issuer issuer;
  if (jwt.issuer == kServiceIssuer) {
    issuer = {
        CallerKind::kService, options_.service_keys.get(), {kServiceIssuer, kServiceAudience}};
  } else if (jwt.issuer == options_.issuer) {
    issuer = {CallerKind::kStaff, options_.staff_keys.get(), {options_.issuer, options_.audience}};
  } else {
    return absl::UnauthenticatedError("the token is of an unknown issuer");
  }
  std::shared_ptr<const KeySet> keys = issuer.source->Keys();
  if (keys == nullptr) {
    return absl::UnavailableError("the keys of the token's issuer are not loaded yet");
  }
  const VerificationKey* key = FindKey(jwt, *keys);
  if (key == nullptr) {
    if (issuer.source->ReportUnknownKey()) {
      return absl::UnavailableError("the token's key is unknown; keys are being loaded anew");
    }
    return absl::UnauthenticatedError("the token's key is unknown");
  }
  RETURN_IF_ERROR(VerifyJwt(jwt, *key, issuer.expectation, now));
  Caller caller;
  if (issuer.kind == CallerKind::kService) {
    ASSIGN_OR_RETURN(caller, ServiceCaller(jwt, *key));
  } else {
    caller = StaffCaller(jwt);
  }
  return std::make_shared<const VerifiedToken>(
      VerifiedToken{.caller = std::move(caller),
                    .valid_until = jwt.expires + kClockSkew,
                    .source = issuer.source,
                    .keys = std::move(keys)});
}

}  // namespace portico::auth
