#include "services/invitation/delivery_pipeline.h"

#include <algorithm>
#include <limits>
#include <string>

#include "libs/log/log.h"

namespace portico::invitation {
namespace {

constexpr absl::Duration kAnnounceRest = absl::Seconds(1);
// Waiting for a mail ends at once when the channel is closed.
constexpr absl::Duration kWorkerWait = absl::Seconds(10);
// What is sent within so long is recorded together.
constexpr absl::Duration kLinger = absl::Milliseconds(10);

// A few for each worker: enough to last while more are claimed, and few enough that a pause or a
// cancellation is soon felt, and that other processes get their share.
LaneRoom ChannelSize(int workers) {
  return {.awaited = std::clamp(2 * workers, 32, 256), .bulk = std::clamp(8 * workers, 64, 1024)};
}

// Sent, and not recorded yet.
size_t MostUnrecorded(int workers) { return std::max<size_t>(4 * workers, 128); }

}  // namespace

DeliveryPipeline::DeliveryPipeline(DeliveryQueue& queue, DeliveryResults& results,
                                   CommitSignal& signal,
                                   const mail::TransportFactory& make_transport,
                                   LetterWriter& writer, const DeliveryLimits& limits,
                                   rpc::Metrics& metrics, const Clock& clock)
    : queue_(queue),
      signal_(signal),
      brake_(SteadyClock()),
      channel_(ChannelSize(queue.options().workers), SteadyClock()),
      recorder_(results, channel_, metrics, MostUnrecorded(queue.options().workers)),
      dispatcher_({.queue = queue,
                   .channel = channel_,
                   .recorder = recorder_,
                   .brake = brake_,
                   .clock = clock,
                   .steady = SteadyClock()},
                  limits) {
  for (int i = 0; i < queue.options().workers; ++i) {
    deliverers_.push_back(std::make_unique<Deliverer>(queue, channel_, recorder_, make_transport(),
                                                      writer, brake_, clock));
  }
  ExportMetrics(metrics);
}

void DeliveryPipeline::ExportMetrics(rpc::Metrics& metrics) {
  for (const auto& [lane, name] : {std::pair(Lane::kAwaited, "awaited"),
                                   std::pair(Lane::kBulk, "bulk"), std::pair(Lane::kHeld, "held")}) {
    metrics.Gauge("portico_mails_waiting", "Mails that wait for their first or next attempt.",
                  {{"lane", name}}, [&queue = queue_, lane = lane] {
                    const auto count = queue.CountWaiting(lane);
                    return count.ok() ? static_cast<double>(*count)
                                      : std::numeric_limits<double>::quiet_NaN();
                  });
  }
  const std::string help = "Mails that this process has claimed and that wait for a worker.";
  metrics.Gauge("portico_mails_claimed", help, {{"lane", "awaited"}},
                [this] { return channel_.Depth().awaited; });
  metrics.Gauge("portico_mails_claimed", help, {{"lane", "bulk"}},
                [this] { return channel_.Depth().bulk; });
}

DeliveryPipeline::~DeliveryPipeline() { Stop(); }

void DeliveryPipeline::Start() {
  announcing_ = std::make_unique<BackgroundLoop>("presence", [this] {
    (void)queue_.Announce();  // The database tells of its outages itself.
    return kAnnounceRest;
  });
  recording_ = std::make_unique<BackgroundLoop>("recorder",
                                                [this] { return recorder_.RunOnce(kLinger); });
  dispatching_ = std::make_unique<BackgroundLoop>(
      "dispatcher", [this] { return TakeBack() ? dispatcher_.RunOnce() : kDatabaseRest; });
  for (const auto& deliverer : deliverers_) {
    working_.push_back(std::make_unique<BackgroundLoop>("delivery", [this, &worker = *deliverer] {
      worker.RunOnce(kWorkerWait);
      return channel_.IsClosed() ? absl::InfiniteDuration() : absl::ZeroDuration();
    }));
  }
  recorder_.Listen([this] { recording_->Wake(); });
  channel_.Listen([this] { dispatching_->Wake(); });
  signal_.Listen([this] { dispatching_->Wake(); });
}

bool DeliveryPipeline::TakeBack() {
  if (taken_back_) return true;
  const absl::Status released = queue_.ReleaseOwn();
  taken_back_ = released.ok();
  if (!taken_back_ && !told_) {
    told_ = true;  // Once, however long it lasts: a full disk, perhaps.
    log::Warn("mails claimed before the restart cannot be taken back yet",
              {{"error", released.ToString()}});
  }
  return taken_back_;
}

void DeliveryPipeline::Stop() {
  if (dispatching_ == nullptr) return;
  signal_.Listen(nullptr);
  channel_.Close();
  dispatching_->Stop();
  for (const auto& worker : working_) worker->Stop();
  recorder_.Listen(nullptr);
  recording_->Stop();
  recorder_.RunOnce(absl::ZeroDuration());
  channel_.Listen(nullptr);
  dispatcher_.GiveBackAll();
  announcing_->Stop();
}

}  // namespace portico::invitation
