#include "services/invitation/delivery_worker.h"

#include <cmath>
#include <limits>

#include "libs/log/log.h"

namespace portico::invitation {
namespace {

constexpr absl::Duration kAnnounceRest = absl::Seconds(1);

}  // namespace

DeliveryWorker::DeliveryWorker(DeliveryQueue& queue, MailSignal& signal,
                               const mail::TransportFactory& make_transport,
                               const auth::Sealer& sealer, rpc::Metrics& metrics,
                               const Clock& clock)
    : queue_(queue), signal_(signal), brake_(SteadyClock()) {
  for (int i = 0; i < queue.options().workers; ++i) {
    deliverers_.push_back(
        std::make_unique<Deliverer>(queue, make_transport(), sealer, brake_, metrics, clock));
  }
  metrics.Gauge(
      "portico_mails_waiting", "Mails that wait for their first or next attempt.", {}, [&queue] {
        const auto count = queue.CountWaiting();
        return count.ok() ? static_cast<double>(*count) : std::numeric_limits<double>::quiet_NaN();
      });
}

DeliveryWorker::~DeliveryWorker() { Stop(); }

void DeliveryWorker::Start() {
  announcing_ = std::make_unique<BackgroundLoop>("presence", [this] {
    (void)queue_.Announce();  // The database tells of its outages itself.
    return kAnnounceRest;
  });
  for (const auto& deliverer : deliverers_) {
    loops_.push_back(std::make_unique<BackgroundLoop>("delivery", [this, &worker = *deliverer] {
      return TakeBack() ? worker.RunOnce() : kDatabaseRest;
    }));
  }
  signal_.Listen([this] {
    for (const auto& loop : loops_) loop->Wake();
  });
}

bool DeliveryWorker::TakeBack() {
  absl::MutexLock lock(&mutex_);
  if (taken_back_) return true;
  const absl::Status released = queue_.ReleaseOwn();
  taken_back_ = released.ok();
  if (!taken_back_ && !told_) {
    told_ = true;  // Once, for all workers and however long it lasts: a full disk, perhaps.
    log::Warn("mails claimed before the restart cannot be taken back yet",
              {{"error", released.ToString()}});
  }
  return taken_back_;
}

void DeliveryWorker::Stop() {
  signal_.Listen(nullptr);
  for (const auto& deliverer : deliverers_) deliverer->Stop();
  for (const auto& loop : loops_) loop->Stop();
  announcing_.reset();
}

}  // namespace portico::invitation
