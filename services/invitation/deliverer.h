#pragma once

#include <absl/time/time.h>

#include <memory>

#include "libs/mail/transport.h"
#include "services/invitation/delivery_channel.h"
#include "services/invitation/delivery_queue.h"
#include "services/invitation/delivery_recorder.h"
#include "services/invitation/letter_writer.h"
#include "services/invitation/sending_brake.h"

namespace portico::invitation {

// One worker's way from the channel to the mail server. For one thread.
class Deliverer {
 public:
  Deliverer(DeliveryQueue& queue, DeliveryChannel& channel, DeliveryRecorder& recorder,
            std::unique_ptr<mail::Transport> transport, LetterWriter& writer,
            SendingBrake& brake, const Clock& clock);

  // Sends the next mail and hands on what came of it, or gives it back where it may not go out.
  // False when there was none within `wait`. No mail, however broken, ends it.
  bool RunOnce(absl::Duration wait);

 private:
  // An attempt, before it is recorded.
  struct Attempt {
    mail::DeliveryResult result;
    SendingBrake::Finding finding = SendingBrake::Finding::kNothing;
  };

  bool MayBegin(const ClaimedMail& claimed);
  void Deliver(ClaimedMail claimed);
  Attempt Try(const OutgoingMail& mail);

  DeliveryQueue& queue_;
  DeliveryChannel& channel_;
  DeliveryRecorder& recorder_;
  const std::unique_ptr<mail::Transport> transport_;
  LetterWriter& writer_;
  SendingBrake& brake_;
  const Clock& clock_;
};

}  // namespace portico::invitation
