#include "libs/rpc/metrics.h"

#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <vector>

#include "libs/rpc/status_conversion.h"

namespace portico::rpc {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                          0.05,   0.1,   0.25,   0.5,   1,    2.5,
                                                          5,      10};

}  // namespace

struct Metrics::Impl {
  struct ReadGauge {
    prometheus::Gauge* gauge;
    std::function<double()> read;
  };

  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>* rpc_seconds;
  absl::Mutex rpcs_mutex;
  // Finding a series by its labels costs more than observing it, so each is found once.
  absl::flat_hash_map<std::pair<std::string, absl::StatusCode>, prometheus::Histogram*> rpcs
      ABSL_GUARDED_BY(rpcs_mutex);
  absl::Mutex gauges_mutex;
  std::vector<ReadGauge> gauges ABSL_GUARDED_BY(gauges_mutex);
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  impl_->rpc_seconds = &prometheus::BuildHistogram()
                            .Name("portico_rpc_seconds")
                            .Help("Time to serve an RPC, in seconds, waiting included")
                            .Register(impl_->registry);
}

Metrics::~Metrics() = default;

void Metrics::RecordRpc(const std::string& method, absl::StatusCode code, absl::Duration duration) {
  prometheus::Histogram* series = nullptr;
  {
    absl::MutexLock lock(&impl_->rpcs_mutex);
    prometheus::Histogram*& known = impl_->rpcs[{method, code}];
    if (known == nullptr) {
      known = &impl_->rpc_seconds->Add({{"method", method}, {"code", CodeName(code)}}, kSeconds);
    }
    series = known;
  }
  series->Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::Count(const std::string& name, const std::string& help, const Labels& labels,
                    double amount) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  family.Add(labels).Increment(amount);
}

void Metrics::Gauge(const std::string& name, const std::string& help, const Labels& labels,
                    std::function<double()> read) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  absl::MutexLock lock(&impl_->gauges_mutex);
  impl_->gauges.push_back({&family.Add(labels), std::move(read)});
}

std::string Metrics::Text() const {
  std::vector<Impl::ReadGauge> gauges;
  {
    absl::MutexLock lock(&impl_->gauges_mutex);
    gauges = impl_->gauges;
  }
  // Some ask the database, which may take its time.
  for (const Impl::ReadGauge& gauge : gauges) gauge.gauge->Set(gauge.read());
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace portico::rpc
