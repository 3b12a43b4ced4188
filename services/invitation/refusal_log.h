#pragma once

#include <absl/time/time.h>

#include <cstdint>

#include "services/invitation/delivery_results.h"

namespace portico::invitation {

// Warns of mails that were not delivered: of the first ones in a minute each, and of the others
// how many they were. For one thread.
class RefusalLog {
 public:
  void Note(const TriedMail& tried, DeliveryOutcome outcome);

 private:
  absl::Time minute_ = absl::InfinitePast();  // When the present one began, by the steady clock.
  int64_t noted_ = 0;                         // In it.
};

}  // namespace portico::invitation
