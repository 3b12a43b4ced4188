#pragma once

#include <absl/time/time.h>

#include <vector>

#include "libs/base/clock.h"
#include "services/invitation/delivery_channel.h"
#include "services/invitation/delivery_queue.h"
#include "services/invitation/delivery_recorder.h"
#include "services/invitation/delivery_throttle.h"
#include "services/invitation/sending_brake.h"

namespace portico::invitation {

// Brings mails from the queue into the channel, and back into the queue what may not go out now.
// For one thread.
class Dispatcher {
 public:
  // The pieces that one process delivers with. `steady` is a clock that nobody sets.
  struct Parts {
    DeliveryQueue& queue;
    DeliveryChannel& channel;
    DeliveryRecorder& recorder;
    SendingBrake& brake;
    const Clock& clock;
    const Clock& steady;
  };
  Dispatcher(const Parts& parts, const DeliveryLimits& limits);

  // Gives back what is to be given back, and claims what there is room for. Answers how long to
  // rest until there may be more; zero when there may be at once. No fault of the database ends it.
  absl::Duration RunOnce();

  // Gives back all that was not begun.
  void GiveBackAll();

 private:
  // What a claim or a feed brought.
  struct Catch {
    bool ok = true;  // Whether the database is in order.
    LaneRoom mails;
  };

  absl::Duration TryOne();
  LaneRoom Room() const;
  Catch Claim(LaneRoom room);
  Catch Feed(int limit);
  void Place(std::vector<ClaimedMail> mails, Catch& caught);
  absl::Duration UntilMore(LaneRoom room);
  bool GiveBack();

  const Parts parts_;
  DeliveryThrottle throttle_;
  std::vector<ClaimedMail> untried_;             // Claimed, and to be given back.
  std::vector<DeliveryQueue::Delayed> delayed_;  // The same, but due later.
  absl::Duration feed_rest_ = absl::InfiniteDuration();
};

}  // namespace portico::invitation
