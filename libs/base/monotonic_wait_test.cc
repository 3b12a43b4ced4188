#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "libs/base/background_loop.h"
#include "libs/base/clock.h"

namespace {

std::atomic<time_t> set_off_seconds = 0;
std::atomic<int> readings = 0;

}  // namespace

// The clock of this program alone: a program's own symbols come before the C library's.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, time);
  if (clock == CLOCK_REALTIME) {
    time->tv_sec += set_off_seconds;
    ++readings;
  }
  return static_cast<int>(result);
}

namespace portico {
namespace {

constexpr time_t kHour = 3600;

class SetOff {
 public:
  explicit SetOff(time_t seconds) {
    // Abseil reads the kernel's clock every two seconds, but more often at first.
    for (int before = -1; before != readings;) {
      before = readings;
      absl::Now();
    }
    set_off_seconds = seconds;
  }
  ~SetOff() { set_off_seconds = 0; }
};

}  // namespace

TEST_CASE("A wait takes its time, wherever the clock stands against the kernel's", "[base]") {
  const SetOff set_off(GENERATE(-kHour, 0, kHour));
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  const absl::Time begun = SteadyClock().Now();
  // Prolonged by the hour, or cut short, if it ended at the kernel's time of day.
  const bool never = false;
  CHECK_FALSE(mutex.AwaitWithTimeout(absl::Condition(&never), absl::Milliseconds(20)));
  CHECK(SteadyClock().Now() - begun >= absl::Milliseconds(20));
}

TEST_CASE("A wait that is over already ends at once", "[base]") {
  const SetOff set_off(GENERATE(-kHour, 0, kHour));
  timespec kernel;
  clock_gettime(CLOCK_REALTIME, &kernel);
  const absl::Time now = GENERATE_COPY(absl::Now(), absl::TimeFromTimespec(kernel));
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  const bool never = false;
  CHECK_FALSE(mutex.AwaitWithTimeout(absl::Condition(&never), absl::ZeroDuration()));
  CHECK_FALSE(mutex.AwaitWithDeadline(absl::Condition(&never), now - absl::Seconds(1)));
}

TEST_CASE("A wait with a timeout ends when it is notified", "[base]") {
  const SetOff set_off(GENERATE(-kHour, 0, kHour));
  absl::Notification notification;
  std::thread notifier([&] { notification.Notify(); });
  CHECK(notification.WaitForNotificationWithTimeout(absl::Hours(2)));
  notifier.join();
}

TEST_CASE("The steady clock goes on while the machine's clock is set back", "[base]") {
  const absl::Time steady = SteadyClock().Now();
  const SetOff set_off(-kHour);
  CHECK(SteadyClock().Now() >= steady);
}

}  // namespace portico
