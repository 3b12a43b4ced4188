#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <cstddef>
#include <memory>
#include <string>

#include "libs/base/clock.h"
#include "services/gateway/http_exchange.h"

namespace portico::gateway {

struct HttpLimits {
  size_t max_header_bytes = 16 << 10;
  size_t max_body_bytes = 1 << 20;
  size_t max_connections = 10'000;  // The next is told 503 and closed.
  // Of the requests being received or answered, all together; what would go beyond
  // is told 503.
  size_t max_buffered_bytes = 256 << 20;
  // Between requests, and before the first byte of the first.
  absl::Duration idle_timeout = absl::Seconds(60);
  absl::Duration header_timeout = absl::Seconds(10);
  absl::Duration body_timeout = absl::Seconds(30);
  // For the client to take a response, or one piece of a stream.
  absl::Duration write_timeout = absl::Seconds(60);
  // How long a stream rests before a heartbeat is sent.
  absl::Duration heartbeat = absl::Seconds(15);
};

struct HttpServerOptions {
  std::string listen;  // host:port; port 0 for any free one.
  HttpLimits limits;
  int threads = 2;
  // Both PEM files for HTTPS, none for HTTP. Once they are replaced, new connections get the new
  // certificate.
  std::string tls_cert, tls_key;
  // What the timeouts count by; null for the machine's monotonic clock. Outlives the server.
  const Clock* clock = nullptr;
};

// An HTTP/1.1 server with keep-alive. Requests of one connection are handled one
// after the other. There is no timer per connection: a sweep, once a second, closes
// those whose deadline has passed.
class HttpServer {
 public:
  HttpServer(HttpServerOptions options, HttpHandler& handler);
  ~HttpServer();  // Cuts what is still connected. No exchange may be alive.
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // UNAVAILABLE: the address cannot be had. INVALID_ARGUMENT: the certificate or key is none.
  absl::Status Start();

  // The port it listens on.
  int port() const;

  // Closes the connections whose deadline has passed, and sends heartbeats.
  void Sweep();

  // Stops accepting, closes idle connections and cuts streams, gives the requests
  // in flight `drain` to finish, then cuts the rest. Safe to repeat.
  void Shutdown(absl::Duration drain);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico::gateway
