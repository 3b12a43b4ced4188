#include "libs/rpc/readiness.h"

#include <absl/synchronization/notification.h>

#include <atomic>
#include <catch2/catch.hpp>

namespace portico::rpc {
namespace {

// What was told last.
class Told {
 public:
  void Tell(bool ready) {
    absl::MutexLock lock(&mutex_);
    ready_ = ready;
  }
  bool Await(bool ready) {
    absl::MutexLock lock(&mutex_);
    const auto is_so = [&] { return ready_ == ready; };
    return mutex_.AwaitWithTimeout(absl::Condition(&is_so), absl::Seconds(30));
  }

 private:
  absl::Mutex mutex_;
  bool ready_ = true;
};

}  // namespace

TEST_CASE("A process whose database says no, and later yes, is not ready until then",
          "[readiness]") {
  Told told;
  std::atomic<bool> answers = false;
  const Readiness readiness(
      [&] { return answers ? absl::OkStatus() : absl::UnavailableError("no"); },
      [&](bool ready) { told.Tell(ready); }, absl::Seconds(30));
  CHECK(told.Await(false));
  answers = true;
  CHECK(told.Await(true));
}

TEST_CASE("A process whose database does not answer at all is not ready until it does",
          "[readiness]") {
  Told told;
  absl::Notification answer;
  const Readiness readiness(
      [&] {
        answer.WaitForNotification();
        return absl::OkStatus();
      },
      [&](bool ready) { told.Tell(ready); }, absl::Milliseconds(50));
  CHECK(told.Await(false));
  answer.Notify();
  CHECK(told.Await(true));
}

}  // namespace portico::rpc
