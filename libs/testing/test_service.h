#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/auth/private_key.h"
#include "libs/auth/service_token.h"
#include "libs/auth/token_verifier.h"
#include "libs/rpc/metrics.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/server.h"

namespace portico::testing {

// A gRPC server in the test's process, on a free port, with keys of its own.
// Handlers are registered with server() before Start(). The clients made here
// must not outlive it.
class TestService {
 public:
  explicit TestService(rpc::SessionLookup session_lookup = nullptr,
                       rpc::ServerOptions options = {});
  ~TestService();

  rpc::Server& server() { return *server_; }
  rpc::Metrics& metrics() { return metrics_; }

  void Start();  // Throws when the server does not start.
  std::string address() const;

  // Clients that call as staff with these permissions, as a service with the
  // permissions that one has, with a token given as text, with a portal user's
  // session, or with none of these.
  rpc::Peer Staff(std::vector<std::string> permissions) const;
  rpc::Peer AsService(std::string_view service);
  rpc::Peer WithToken(std::string token) const;
  rpc::Peer WithSession(std::string session_token) const;
  rpc::Peer Anonymous() const;

  // A token of the staff's issuer.
  std::string StaffToken(std::vector<std::string> permissions,
                         absl::Duration lifetime = absl::Hours(1),
                         std::string subject = "tester") const;

 private:
  const auth::PrivateKey staff_key_;
  std::vector<std::unique_ptr<auth::ServiceTokenSource>> token_sources_;
  auth::TokenVerifier verifier_;
  rpc::Metrics metrics_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace portico::testing
