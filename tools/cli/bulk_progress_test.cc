#include "tools/cli/bulk_progress.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "libs/testing/fake_clock.h"

namespace portico::cli {
namespace {

namespace api = invitation::v1;

api::BulkSend Running(int64_t sent, int64_t total) {
  api::BulkSend bulk;
  bulk.set_state(api::BULK_SEND_STATE_RUNNING);
  bulk.mutable_progress()->set_total(total);
  bulk.mutable_progress()->set_sent(sent);
  bulk.mutable_progress()->set_waiting(total - sent);
  return bulk;
}

struct Fixture {
  explicit Fixture(int width) : bar(shown, width, clock) {}

  // What one call adds.
  std::string Show(const api::BulkSend& bulk) {
    shown.str("");
    bar.Show(bulk);
    return shown.str();
  }

  portico::testing::FakeClock clock{absl::UnixEpoch()};
  std::ostringstream shown;
  BulkProgressBar bar;
};

}  // namespace

TEST_CASE("A bulk send is described with its state, its reason and where its recipients are",
          "[bulk]") {
  api::BulkSend bulk = Running(5, 10);
  bulk.mutable_progress()->set_failed(2);
  CHECK(Describe(bulk) == "RUNNING, 7 of 10 done: 5 sent, 0 bounced, 2 failed, 0 skipped");
  bulk.set_state(api::BULK_SEND_STATE_PAUSED);
  bulk.set_pause_reason("TOO_MANY_FAILURES");
  CHECK(StateText(bulk) == "PAUSED (TOO_MANY_FAILURES)");
  bulk.set_state(api::BULK_SEND_STATE_CANCELLED);
  bulk.clear_pause_reason();
  bulk.mutable_progress()->set_cancelled(3);
  CHECK(Describe(bulk) ==
        "CANCELLED, 10 of 10 done: 5 sent, 0 bounced, 2 failed, 0 skipped, 3 cancelled");
}

TEST_CASE("Without a terminal each change of a bulk send is a line", "[bulk]") {
  Fixture f(0);
  CHECK(f.Show(Running(0, 10)) ==
        "RUNNING, 0 of 10 done: 0 sent, 0 bounced, 0 failed, 0 skipped\n");
  f.clock.Advance(absl::Seconds(10));
  CHECK(f.Show(Running(10, 10)) ==
        "RUNNING, 10 of 10 done: 10 sent, 0 bounced, 0 failed, 0 skipped\n");
}

TEST_CASE("On a terminal a bar fills as far as there is room, and tells the pace", "[bulk]") {
  Fixture f(200);
  const std::string first = f.Show(Running(0, 100));
  CHECK(first.find("\r\x1b[K[" + std::string(40, '.') + "] RUNNING") == 0);
  CHECK(first.find("mails/s") == std::string::npos);
  f.clock.Advance(absl::Seconds(10));
  const std::string half = f.Show(Running(50, 100));
  CHECK(half.find("[" + std::string(20, '#') + std::string(20, '.') + "]") != std::string::npos);
  CHECK(half.find("; 5 mails/s, 10s left") != std::string::npos);
  CHECK(f.Show(Running(100, 100)).find("[" + std::string(40, '#') + "]") != std::string::npos);
}

TEST_CASE("The bar never fills the terminal's line", "[bulk]") {
  for (const int width : {1, 20, 70, 79, 80, 100}) {
    Fixture f(width);
    f.Show(Running(0, 1'000'000));
    f.clock.Advance(absl::Seconds(7));
    const std::string line = f.Show(Running(500'000, 1'000'000));
    CHECK(line.size() - std::string("\r\x1b[K").size() < static_cast<size_t>(width));
  }
}

TEST_CASE("A bulk send of nobody has an empty bar", "[bulk]") {
  Fixture f(200);
  CHECK(f.Show(Running(0, 0)).find("[" + std::string(40, '.') + "]") != std::string::npos);
}

TEST_CASE("A pause does not count for the pace", "[bulk]") {
  Fixture f(200);
  f.Show(Running(0, 100));
  f.clock.Advance(absl::Seconds(1));
  api::BulkSend paused = Running(10, 100);
  paused.set_state(api::BULK_SEND_STATE_PAUSED);
  CHECK(f.Show(paused).find("mails/s") == std::string::npos);
  f.clock.Advance(absl::Hours(1));
  CHECK(f.Show(Running(10, 100)).find("mails/s") == std::string::npos);
  f.clock.Advance(absl::Seconds(2));
  CHECK(f.Show(Running(30, 100)).find("; 10 mails/s, 7s left") != std::string::npos);
}

}  // namespace portico::cli
