#include "libs/base/background_loop.h"

#include <absl/synchronization/notification.h>

#include <atomic>
#include <catch2/catch.hpp>

namespace portico {

TEST_CASE("A woken loop steps again without waiting out its rest", "[base]") {
  std::atomic<int> steps = 0;
  absl::Notification first, second;
  BackgroundLoop loop("test", [&] {
    const int step = ++steps;
    if (step == 1) first.Notify();
    if (step == 2) second.Notify();
    return absl::InfiniteDuration();
  });
  first.WaitForNotification();
  loop.Wake();
  second.WaitForNotification();
  loop.Stop();
  CHECK(steps == 2);
}

TEST_CASE("A wake during a step leads to one more step", "[base]") {
  std::atomic<int> steps = 0;
  absl::Notification done;
  BackgroundLoop* self = nullptr;
  absl::Notification ready;
  BackgroundLoop loop("test", [&] {
    ready.WaitForNotification();
    if (++steps == 1) self->Wake();
    if (steps == 2) done.Notify();
    return absl::InfiniteDuration();
  });
  self = &loop;
  ready.Notify();
  done.WaitForNotification();
}

}  // namespace portico
