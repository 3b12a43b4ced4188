#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>

namespace portico::rpc {

class Metrics;

// Blocks SIGINT and SIGTERM in this thread and those it starts later, so that
// WaitForStop can take them. Call first in main.
void PrepareSignals();

// Waits for SIGINT or SIGTERM.
void WaitForStop();

// Plain HTTP for ops: /metrics, /healthz (the process lives) and /readyz (`ready`
// answers OK). Serves until destroyed.
class MetricsServer {
 public:
  // UNAVAILABLE: the address cannot be had. `listen` is host:port.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& listen, const Metrics& metrics, std::function<absl::Status()> ready);
  virtual ~MetricsServer() = default;
  virtual int port() const = 0;
};

}  // namespace portico::rpc
