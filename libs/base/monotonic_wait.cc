// Abseil's waits with a timeout, those of gRPC's timers among them, end at a time of day
// in the kernel, as this version of it is packaged: a clock that is set back an hour would
// prolong each wait under way by an hour, and with it every deadline and reconnect. This
// takes the place of the library's function, as a program's own symbols come before those
// of its shared libraries, and waits by the monotonic clock instead. Abseil of 2023 and
// later does the same by itself.
#include <absl/synchronization/internal/futex.h>
#include <absl/synchronization/internal/waiter.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

static_assert(ABSL_WAITER_MODE == ABSL_WAITER_MODE_FUTEX);

namespace {

timespec Read(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now;
}

// absl::Now() follows a clock that was set only after two seconds, while gRPC takes its
// times from the kernel. Seen by the wrong one of them a wait is too long by what the clock
// was set by, or over already. Where they differ on whether it is over, the one that is
// nearer to the end is believed: a wait for more than half of what the clock was set by
// may then be over at once, during these two seconds, but none goes on when it is over.
absl::Duration LeftUntil(absl::Time end) {
  const absl::Duration by_abseil = end - absl::Now();
  const absl::Duration by_kernel = end - absl::TimeFromTimespec(Read(CLOCK_REALTIME));
  const auto [less, more] = std::minmax(by_abseil, by_kernel);
  if (less >= absl::ZeroDuration()) return less;
  return -less < more ? absl::ZeroDuration() : std::max(more, absl::ZeroDuration());
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace synchronization_internal {

bool Waiter::Wait(KernelTimeout timeout) {
  const bool endless = !timeout.has_timeout();
  timespec end = {};
  if (!endless) {
    const Duration left = LeftUntil(TimeFromTimespec(timeout.MakeAbsTimespec()));
    end = ToTimespec(DurationFromTimespec(Read(CLOCK_MONOTONIC)) + left);
  }
  while (true) {
    int32_t posts = futex_.load(std::memory_order_relaxed);
    while (posts > 0) {
      if (futex_.compare_exchange_weak(posts, posts - 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        return true;
      }
    }
    const int error = endless ? Futex::WaitUntil(&futex_, 0, timeout)
                              : Futex::WaitBitsetAbsoluteTimeout(
                                    &futex_, 0, static_cast<int32_t>(FUTEX_BITSET_MATCH_ANY), &end);
    if (error == -ETIMEDOUT) return false;
  }
}

}  // namespace synchronization_internal
ABSL_NAMESPACE_END
}  // namespace absl
