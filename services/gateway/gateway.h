#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/rpc/peer.h"
#include "services/gateway/http_server.h"

namespace portico::rpc {
class Metrics;
}

namespace portico::gateway {

struct GatewayOptions {
  std::string listen;  // host:port; port 0 for any free one.
  // The services by proto package, such as "portico.contact.v1". Each package with an
  // RPC that is served over HTTP must be among them.
  std::map<std::string, rpc::PeerOptions> services;
  HttpLimits limits;
  // How long a service has to answer; streams have no limit.
  absl::Duration call_timeout = absl::Seconds(10);
  // In a shutdown, after /readyz says so and before new connections are refused.
  absl::Duration drain_delay = absl::ZeroDuration();
  // Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto count.
  std::vector<std::string> trusted_proxies;
  // Both PEM files for HTTPS, none for HTTP.
  std::string https_cert, https_key;
  // The protos to serve, as a serialized FileDescriptorSet; empty for Portico's own.
  std::string api_descriptors;
  // What the limits' times count by; null for the machine's clock. Outlives the gateway.
  const Clock* clock = nullptr;
};

// HTTP and JSON in front of Portico's gRPC services; also the portal's pages, the
// API's description, health and metrics.
class Gateway {
 public:
  Gateway(GatewayOptions options, rpc::Metrics& metrics);
  ~Gateway();  // Shuts down without waiting.
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // INVALID_ARGUMENT: an option or an annotation of the protos is wrong.
  // UNAVAILABLE: the address cannot be had.
  absl::Status Start();

  // The port it listens on.
  int port() const;

  // Closes the connections whose time is up. The gateway does so once a second itself.
  void Sweep();

  // Not ready, the delay, no new connections; gives the requests in flight `drain` to finish, then
  // cuts them. Streams are cut at once. Safe to repeat.
  void Shutdown(absl::Duration drain);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico::gateway
