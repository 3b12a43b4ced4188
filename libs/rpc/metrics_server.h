#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>

namespace portico::rpc {

class Metrics;

// Plain HTTP for ops: /metrics, /healthz (the process lives) and /readyz (`ready`
// answers OK), answered one at a time on a thread of its own, until destroyed.
class MetricsServer {
 public:
  // UNAVAILABLE: the address cannot be had. `listen` is host:port, port 0 for any free one.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& listen,
                                                              const Metrics& metrics,
                                                              std::function<absl::Status()> ready);
  virtual ~MetricsServer() = default;
  virtual int port() const = 0;
};

}  // namespace portico::rpc
