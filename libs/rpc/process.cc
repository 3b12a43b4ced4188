#include "libs/rpc/process.h"

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "libs/auth/service_token.h"
#include "libs/auth/token_verifier.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/credentials.h"
#include "libs/rpc/metrics_server.h"
#include "libs/rpc/readiness.h"

namespace portico::rpc {
namespace {

// How long the database may take to say that it is there.
constexpr absl::Duration kReadyPatience = absl::Seconds(4);

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

// As given, it is mostly 1024, for programs that use select(). Each connection takes one.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void PrepareSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void WaitForStop() {
  const sigset_t signals = StopSignals();
  int taken = 0;
  while (sigwait(&signals, &taken) != 0) {
  }
  log::Info("stopping", {{"signal", taken}});
}

ProcessSettings::ProcessSettings(std::string_view name)
    : service(name), listen(name), service_tokens(name) {}

void ProcessSettings::Declare(settings::Parser& parser) {
  listen.Declare(parser);
  staff_tokens.Declare(parser);
  service_tokens.Declare(parser);
  tls.Declare(parser);
  metrics.Declare(parser);
  log.Declare(parser);
  parser.Duration("PORTICO_DRAIN_DELAY", &drain_delay,
                  "After a stop signal: how long calls are still taken while health says "
                  "NOT_SERVING");
  parser.Duration("PORTICO_DRAIN_TIME", &drain_time,
                  "After a stop signal: how long running calls have to finish");
  parser.Duration("PORTICO_MAX_CONNECTION_AGE", &max_connection_age,
                  "How long a client keeps a connection before it looks for replicas anew");
  parser.Check([this] {
    if (max_connection_age >= absl::Seconds(1) && max_connection_age <= absl::Hours(24)) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat("PORTICO_MAX_CONNECTION_AGE: got ", absl::FormatDuration(max_connection_age),
                     ", want from 1s to 24h"));
  });
}

Process::Process(const ProcessSettings& settings) : settings_(settings) {}
Process::~Process() = default;

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const ProcessSettings& settings) {
  PrepareSignals();
  log::Init(settings.service, settings.log.level, settings.log.format);
  std::unique_ptr<Process> process(new Process(settings));
  ASSIGN_OR_RETURN(process->verifier_,
                   auth::TokenVerifier::Open(settings.staff_tokens, settings.service_tokens,
                                             SystemClock()));
  ASSIGN_OR_RETURN(process->token_source_,
                   auth::ServiceTokenSource::FromFile(settings.service_tokens.key_file,
                                                      settings.service, SystemClock()));
  ASSIGN_OR_RETURN(process->credentials_, Credentials::Open(settings.tls));
  return process;
}

PeerOptions Process::PeerAt(const std::string& address) const {
  return {.target = address,
          .token_source = token_source_.get(),
          .bearer_token = "",
          .credentials = credentials_->ForChannel()};
}

std::unique_ptr<Server> Process::MakeServer(SessionLookup session_lookup) {
  ServerOptions options;
  options.listen = settings_.listen.address;
  options.drain_delay = settings_.drain_delay;
  options.drain_time = settings_.drain_time;
  options.max_connection_age = settings_.max_connection_age;
  options.credentials = credentials_->ForServer();
  return std::make_unique<Server>(std::move(options), *verifier_, metrics_,
                                  std::move(session_lookup));
}

absl::Status Process::ServeUntilStopped(Server& server, std::function<absl::Status()> ready) {
  std::unique_ptr<MetricsServer> metrics_server;
  if (!settings_.metrics.address.empty()) {
    ASSIGN_OR_RETURN(metrics_server,
                     MetricsServer::Start(settings_.metrics.address, metrics_, ready));
  }
  std::optional<Readiness> watching(std::in_place, ready,
                                    [&](bool serving) { server.SetServing(serving); },
                                    kReadyPatience);
  log::Info("serving", {{"listen", settings_.listen.address}, {"port", server.port()}});
  WaitForStop();
  watching.reset();
  server.Shutdown();
  return absl::OkStatus();
}

int RunMain(int argc, char** argv, std::string_view description,
            const std::function<void(settings::Parser&)>& declare,
            const std::function<absl::Status()>& run) {
  // Debian's Abseil is built with its deadlock detector on, which costs more than the locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string program = std::filesystem::path(argv[0]).filename();
  settings::Parser parser(program, std::string(description));
  declare(parser);
  const auto outcome = parser.Parse(argc, argv);
  if (!outcome.ok()) {
    std::cerr << program << ": " << outcome.status().message() << std::endl;
    return 2;
  }
  if (*outcome == settings::Outcome::kExit) return 0;
  RaiseDescriptorLimit();
  const absl::Status status = run();
  if (status.ok()) return 0;
  std::cerr << program << ": " << status.message() << std::endl;
  return 1;
}

}  // namespace portico::rpc
