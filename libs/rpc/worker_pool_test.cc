#include "libs/rpc/worker_pool.h"

#include <absl/synchronization/blocking_counter.h>
#include <absl/synchronization/notification.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

namespace portico::rpc {
namespace {

constexpr int kThreads = 4;

// Keeps all threads of a pool at work until it is opened. Ends only if all of them are.
class Busy {
 public:
  explicit Busy(WorkerPool& pool) {
    for (int i = 0; i < kThreads; ++i) {
      pool.Submit([this] {
        begun_.DecrementCount();
        open_.WaitForNotification();
      });
    }
    begun_.Wait();
  }
  void Open() { open_.Notify(); }

 private:
  absl::BlockingCounter begun_{kThreads};
  absl::Notification open_;
};

TEST_CASE("All threads of a pool work when tasks block", "[rpc]") {
  WorkerPool pool(kThreads, /*queue=*/100);
  for (int round = 0; round < 200; ++round) {
    // Each waits until all have begun, so that none ends while a thread still sleeps.
    absl::Notification all_begun;
    std::atomic<int> to_begin = kThreads;
    absl::BlockingCounter ended(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      REQUIRE(pool.TrySubmit([&] {
        if (--to_begin == 0) all_begun.Notify();
        all_begun.WaitForNotification();
        ended.DecrementCount();
      }));
    }
    ended.Wait();
  }
}

TEST_CASE("What came while all threads were at work is run by all of them", "[rpc]") {
  WorkerPool pool(kThreads, /*queue=*/100);
  Busy busy(pool);
  absl::BlockingCounter begun(kThreads), ended(kThreads);
  absl::Notification open;
  for (int i = 0; i < kThreads; ++i) {
    REQUIRE(pool.TrySubmit([&] {
      begun.DecrementCount();
      open.WaitForNotification();
      ended.DecrementCount();
    }));
  }
  CHECK(pool.waiting() == kThreads);
  busy.Open();
  begun.Wait();
  CHECK(pool.waiting() == 0);
  open.Notify();
  ended.Wait();
}

TEST_CASE("Tasks of one thread run in the order they came", "[rpc]") {
  std::vector<int> order;
  {
    WorkerPool pool(/*threads=*/1, /*queue=*/100);
    for (int i = 0; i < 100; ++i) REQUIRE(pool.TrySubmit([&order, i] { order.push_back(i); }));
  }  // Which runs what is queued.
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<size_t>(i)] == i);
}

TEST_CASE("A full queue takes no task but those that continue others, and runs what it took",
          "[rpc]") {
  std::atomic<int> ran = 0;
  WorkerPool pool(kThreads, /*queue=*/2);
  Busy busy(pool);
  CHECK(pool.TrySubmit([&] { ++ran; }));
  CHECK(pool.TrySubmit([&] { ++ran; }));
  const auto dropped = std::make_shared<int>();
  CHECK_FALSE(pool.TrySubmit([dropped] {}));
  CHECK(dropped.use_count() == 1);
  pool.Submit([&] { ++ran; });
  busy.Open();
  pool.Stop();
  CHECK(ran == 3);
}

}  // namespace
}  // namespace portico::rpc
