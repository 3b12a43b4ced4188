#include "libs/testing/test_service.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include <stdexcept>
#include <utility>

#include "libs/auth/jwt_signer.h"
#include "libs/auth/permissions.h"
#include "libs/base/clock.h"

namespace portico::testing {
namespace {

class FixedKeys final : public auth::KeySource {
 public:
  explicit FixedKeys(const std::vector<std::string>& jwks)
      : keys_(std::make_shared<const auth::KeySet>(*auth::ParseJwks(auth::JwkSet(jwks)))) {}
  std::shared_ptr<const auth::KeySet> Keys() override { return keys_; }
  bool ReportUnknownKey() override { return false; }

 private:
  const std::shared_ptr<const auth::KeySet> keys_;
};

// One key a service, as in production; here all are derived from one set-up.
struct ServiceKeys {
  std::vector<std::pair<std::string, auth::PrivateKey>> keys;
  std::vector<std::string> jwks;

  static const ServiceKeys& Get() {
    static const ServiceKeys* const set = [] {
      auto* made = new ServiceKeys;
      for (const auth::ServiceCeiling& ceiling : auth::ServiceCeilings()) {
        made->keys.emplace_back(ceiling.service, auth::PrivateKey::Generate());
        made->jwks.push_back(
            auth::PublicJwk(made->keys.back().second, ceiling.service, ceiling.permissions));
      }
      return made;
    }();
    return *set;
  }
};

}  // namespace

TestService::TestService(rpc::SessionLookup session_lookup, rpc::ServerOptions options)
    : staff_key_(auth::PrivateKey::Generate()),
      verifier_({.staff_keys = std::make_shared<FixedKeys>(
                     std::vector<std::string>{auth::PublicJwk(staff_key_)}),
                 .issuer = "portico",
                 .audience = "portico",
                 .service_keys = std::make_shared<FixedKeys>(ServiceKeys::Get().jwks)},
                SystemClock()) {
  options.listen = "127.0.0.1:0";
  server_ = std::make_unique<rpc::Server>(std::move(options), verifier_, metrics_,
                                          std::move(session_lookup));
}

TestService::~TestService() { server_->Shutdown(); }

void TestService::Start() {
  const absl::Status status = server_->Start();
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::string TestService::address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

std::string TestService::StaffToken(std::vector<std::string> permissions,
                                    absl::Duration lifetime, std::string subject) const {
  return auth::SignJwt(staff_key_, {.issuer = "portico",
                                    .subject = std::move(subject),
                                    .audience = "portico",
                                    .permissions = std::move(permissions),
                                    .issued = absl::Now(),
                                    .expires = absl::Now() + lifetime});
}

rpc::Peer TestService::Staff(std::vector<std::string> permissions) const {
  return WithToken(StaffToken(std::move(permissions)));
}

rpc::Peer TestService::AsService(std::string_view service) {
  for (const auto& [name, key] : ServiceKeys::Get().keys) {
    if (name != service) continue;
    token_sources_.push_back(
        std::make_unique<auth::ServiceTokenSource>(key, std::string(service), SystemClock()));
    return rpc::Peer({.target = address(), .token_source = token_sources_.back().get()});
  }
  throw std::runtime_error(absl::StrCat("no such service: ", std::string(service)));
}

rpc::Peer TestService::WithToken(std::string token) const {
  return rpc::Peer({.target = address(), .bearer_token = std::move(token)});
}

rpc::Peer TestService::WithSession(std::string session_token) const {
  return rpc::Peer({.target = address(), .session_token = std::move(session_token)});
}

rpc::Peer TestService::Anonymous() const { return rpc::Peer({.target = address()}); }

}  // namespace portico::testing
