#pragma once

#include <absl/time/time.h>

#include <cstdint>

namespace portico {

// The time of day, injected so that tests move it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock, which may be set while we run. Lives as long as the process.
const Clock& SystemClock();

// A clock that nobody sets, for how long something takes or has to rest. Its times are
// those of this process alone: never stored or sent. Lives as long as the process.
const Clock& SteadyClock();

// Times are stored and compared as microseconds since 1970, UTC.
int64_t ToMicros(absl::Time time);
absl::Time FromMicros(int64_t micros);

}  // namespace portico
