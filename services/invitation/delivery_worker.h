#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <vector>

#include "libs/base/background_loop.h"
#include "libs/mail/transport.h"
#include "services/invitation/deliverer.h"
#include "services/invitation/mail_signal.h"

namespace portico::invitation {

// The threads that deliver mail: as many as the options say, each with a
// transport of its own, woken by the signal and by the time that mail is due.
class DeliveryWorker {
 public:
  // `metrics` gets the queue's depth, and reads it until the queue is gone.
  DeliveryWorker(DeliveryQueue& queue, MailSignal& signal,
                 const mail::TransportFactory& make_transport, const auth::Sealer& sealer,
                 rpc::Metrics& metrics, const Clock& clock);
  ~DeliveryWorker();  // Stops.

  // Takes back what a predecessor of the same name had claimed, then delivers.
  void Start();

  // Lets the mails on their way be finished, and gives back the rest. Safe to call twice.
  void Stop();

 private:
  // Whether what a predecessor had claimed is taken back; until it is, nothing may be claimed.
  bool TakeBack() ABSL_LOCKS_EXCLUDED(mutex_);

  DeliveryQueue& queue_;
  MailSignal& signal_;
  SendingBrake brake_;
  std::vector<std::unique_ptr<Deliverer>> deliverers_;
  absl::Mutex mutex_;
  bool taken_back_ ABSL_GUARDED_BY(mutex_) = false;
  bool told_ ABSL_GUARDED_BY(mutex_) = false;  // That it could not be taken back yet.
  // Last: they use the others.
  std::unique_ptr<BackgroundLoop> announcing_;
  std::vector<std::unique_ptr<BackgroundLoop>> loops_;
};

}  // namespace portico::invitation
