#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libs/rpc/metrics.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/server.h"
#include "libs/settings/groups.h"

namespace portico::rpc {

class Credentials;

// The settings of every process that serves gRPC.
struct ProcessSettings {
  explicit ProcessSettings(std::string_view service);
  void Declare(settings::Parser& parser);

  std::string service;
  settings::ListenSettings listen;
  settings::StaffTokenSettings staff_tokens;
  settings::ServiceTokenSettings service_tokens;
  settings::TlsSettings tls;
  settings::MetricsSettings metrics;
  settings::LogSettings log;
  // Clients' health checks tell them within milliseconds.
  absl::Duration drain_delay = absl::Milliseconds(200);
  absl::Duration drain_time = absl::Seconds(20);
  absl::Duration max_connection_age = absl::Minutes(5);
};

// What a process that serves gRPC has: log, keys, metrics, and its end by a signal.
class Process {
 public:
  // Sets up logging and signals, so call it before any thread runs.
  // The error says what is missing, such as the service's own key.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const ProcessSettings& settings);
  ~Process();

  Metrics& metrics() { return metrics_; }

  // Reaches a peer in this service's name.
  PeerOptions PeerAt(const std::string& address) const;

  std::unique_ptr<Server> MakeServer(SessionLookup session_lookup = nullptr);

  // Waits for SIGINT or SIGTERM, then drains `server`, which has started. Background
  // work starts after the server too: a second process on the same port then does none.
  // `ready` says whether calls can be served, for /readyz, and for health checks, by which
  // clients turn to another replica.
  absl::Status ServeUntilStopped(Server& server, std::function<absl::Status()> ready);

 private:
  explicit Process(const ProcessSettings& settings);

  const ProcessSettings settings_;
  Metrics metrics_;
  std::unique_ptr<auth::TokenVerifier> verifier_;
  std::unique_ptr<auth::ServiceTokenSource> token_source_;
  std::unique_ptr<Credentials> credentials_;
};

// Parses settings into `settings` (anything with Declare(Parser&)) and runs
// `run` with them; answers main's exit code. An error ends as one line on
// standard error and code 1, a bad setting as code 2.
int RunMain(int argc, char** argv, std::string_view description,
            const std::function<void(settings::Parser&)>& declare,
            const std::function<absl::Status()>& run);

// Blocks SIGINT and SIGTERM in this thread and those it starts later, and ignores SIGPIPE.
void PrepareSignals();

// Waits for SIGINT or SIGTERM.
void WaitForStop();

}  // namespace portico::rpc
