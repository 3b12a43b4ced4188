#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <ostream>
#include <string>

#include "libs/base/clock.h"
#include "portico/invitation/v1/bulk_send.pb.h"

namespace portico::cli {

// "PAUSED (TOO_MANY_FAILURES)"
std::string StateText(const invitation::v1::BulkSend& bulk);

// "RUNNING, 12 of 40 done: 10 sent, 1 bounced, 1 failed, 0 skipped"
std::string Describe(const invitation::v1::BulkSend& bulk);

// Shows how a bulk send goes on: on a terminal as a bar in one line that is written over, else in a
// line for each change. Not thread-safe.
class BulkProgressBar {
 public:
  // `width` is the terminal's; 0 for none.
  BulkProgressBar(std::ostream& out, int width, const Clock& clock)
      : out_(out), width_(width), clock_(clock) {}

  void Show(const invitation::v1::BulkSend& bulk);
  // Shows a line of its own.
  void Tell(const std::string& text);
  // Clears the terminal's line.
  void End();

 private:
  std::string Bar(const invitation::v1::BulkSend& bulk);
  // "; 350 mails/s, 2m5s left"; empty while nothing can be said.
  std::string Pace(const invitation::v1::BulkSend& bulk);

  std::ostream& out_;
  const int width_;
  const Clock& clock_;
  // Since when it has been in this state, as far as was seen, and how many were done then.
  invitation::v1::BulkSendState state_ = invitation::v1::BULK_SEND_STATE_UNSPECIFIED;
  absl::Time since_;
  int64_t done_then_ = 0;
};

}  // namespace portico::cli
