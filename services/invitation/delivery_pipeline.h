#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <vector>

#include "libs/base/background_loop.h"
#include "libs/mail/transport.h"
#include "services/invitation/deliverer.h"
#include "services/invitation/dispatcher.h"
#include "services/invitation/commit_signal.h"

namespace portico::invitation {

// The threads that deliver mail: the dispatcher's, woken by the signal and by the time that mail
// is due, as many workers' as the options say, each with a transport of its own, and the
// recorder's.
class DeliveryPipeline {
 public:
  // `metrics` gets the depths of queue and channel, and must not be read once they are gone.
  DeliveryPipeline(DeliveryQueue& queue, DeliveryResults& results, CommitSignal& signal,
                   const mail::TransportFactory& make_transport, LetterWriter& writer,
                   const DeliveryLimits& limits, rpc::Metrics& metrics, const Clock& clock);
  ~DeliveryPipeline();  // Stops.

  // Takes back what a predecessor of the same name had claimed, then delivers.
  void Start();

  // Lets the mails on their way be finished and recorded, and gives back the rest. Safe to call
  // twice.
  void Stop();

 private:
  // Whether what a predecessor had claimed is taken back; until it is, nothing may be claimed.
  bool TakeBack();
  void ExportMetrics(rpc::Metrics& metrics);

  DeliveryQueue& queue_;
  CommitSignal& signal_;
  SendingBrake brake_;
  DeliveryChannel channel_;
  DeliveryRecorder recorder_;
  Dispatcher dispatcher_;
  std::vector<std::unique_ptr<Deliverer>> deliverers_;
  // Both are the dispatcher's thread's.
  bool taken_back_ = false;
  bool told_ = false;  // That it could not be taken back yet.
  // Last: they use the others.
  std::unique_ptr<BackgroundLoop> announcing_, recording_, dispatching_;
  std::vector<std::unique_ptr<BackgroundLoop>> working_;
};

}  // namespace portico::invitation
