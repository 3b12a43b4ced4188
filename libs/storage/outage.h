#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <string>

namespace portico::storage {

// Logs when an outage begins, with its cause, and when it ends; not every call
// that meets it, since a full disk has no room for that. Thread-safe.
class Outage {
 public:
  explicit Outage(std::string what) : what_(std::move(what)) {}

  // Notes how a call ended: OK, UNAVAILABLE, or with what says nothing of an outage.
  void Note(const absl::Status& status);

 private:
  const std::string what_;
  std::atomic<bool> lasts_ = false;
};

}  // namespace portico::storage
