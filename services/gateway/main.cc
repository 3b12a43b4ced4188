#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/credentials.h"
#include "libs/rpc/metrics.h"
#include "libs/rpc/metrics_server.h"
#include "libs/rpc/process.h"
#include "services/gateway/gateway.h"
#include "services/gateway/gateway_settings.h"

namespace portico::gateway {

absl::Status Run(const Settings& settings) {
  rpc::PrepareSignals();
  log::Init("gateway", settings.log.level, settings.log.format);
  ASSIGN_OR_RETURN(const auto credentials, rpc::Credentials::Open(settings.tls));
  rpc::Metrics metrics;
  GatewayOptions options;
  options.listen = settings.listen.address;
  for (const settings::PeerSettings* peer :
       {&settings.account, &settings.contact, &settings.invitation, &settings.registration}) {
    options.services["portico." + peer->peer + ".v1"] = {.target = peer->address,
                                                         .credentials = credentials->ForChannel()};
  }
  options.trusted_proxies = settings.trusted_proxies;
  options.https_cert = settings.https_cert;
  options.https_key = settings.https_key;
  Gateway gateway(std::move(options), metrics);
  RETURN_IF_ERROR(gateway.Start());

  std::unique_ptr<rpc::MetricsServer> metrics_server;
  if (!settings.metrics.address.empty()) {
    ASSIGN_OR_RETURN(metrics_server,
                     rpc::MetricsServer::Start(settings.metrics.address, metrics,
                                               [] { return absl::OkStatus(); }));
  }
  log::Info("serving", {{"listen", settings.listen.address}, {"port", gateway.port()}});
  rpc::WaitForStop();
  gateway.Shutdown(settings.drain_time);
  return absl::OkStatus();
}

}  // namespace portico::gateway

int main(int argc, char** argv) {
  portico::gateway::Settings settings;
  return portico::rpc::RunMain(
      argc, argv, "HTTP and JSON in front of the services; serves the portal.",
      [&](auto& parser) { settings.Declare(parser); },
      [&] { return portico::gateway::Run(settings); });
}
