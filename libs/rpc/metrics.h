#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace portico::rpc {

// The measurements of a process, in Prometheus' terms. Thread-safe.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();

  // One RPC served: portico_rpc_seconds{method,code} as a histogram.
  void RecordRpc(const std::string& method, absl::StatusCode code, absl::Duration duration);

  // Adds to a counter, which must end in _total.
  void Count(const std::string& name, const std::string& help, const Labels& labels = {},
             double amount = 1);

  // A value read when metrics are scraped.
  void Gauge(const std::string& name, const std::string& help, const Labels& labels,
             std::function<double()> read);

  // Everything in the text format, version 0.0.4.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico::rpc
