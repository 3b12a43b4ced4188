#pragma once

#include <absl/time/time.h>

#include "services/registration/acceptance_store.h"
#include "services/registration/acceptor.h"

namespace portico::registration {

// Finishes the acceptances whose request did not: the process ended, or the
// invitation service was away. Several processes may sweep at once.
class AcceptanceSweep {
 public:
  AcceptanceSweep(AcceptanceStore& acceptances, Acceptor& acceptor)
      : acceptances_(acceptances), acceptor_(acceptor) {}

  // The step of a BackgroundLoop: does a batch and answers how long to rest.
  absl::Duration Step();

 private:
  AcceptanceStore& acceptances_;
  Acceptor& acceptor_;
};

}  // namespace portico::registration
