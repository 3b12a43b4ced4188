#include "libs/base/clock.h"

#include <chrono>

namespace portico {
namespace {

class MachineClock final : public Clock {
 public:
  // Not absl::Now(), which follows a clock that was set only after two seconds.
  absl::Time Now() const override { return absl::FromChrono(std::chrono::system_clock::now()); }
};

class MonotonicClock final : public Clock {
 public:
  absl::Time Now() const override {
    return absl::UnixEpoch() +
           absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

const Clock& SteadyClock() {
  static const MonotonicClock clock;
  return clock;
}

int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }
absl::Time FromMicros(int64_t micros) { return absl::FromUnixMicros(micros); }

}  // namespace portico
