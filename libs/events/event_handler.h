#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libs/storage/session.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {

using portico::events::v1::Event;

// What a batch of events changes. It runs in the transaction that moves the
// cursor past them; it may run again when that transaction must be repeated.
using Effect = std::function<absl::Status(storage::Session&)>;

// A consumer of another service's events. Thread-safe: parts of a log are followed at once.
class EventHandler {
 public:
  virtual ~EventHandler() = default;

  // The events wanted, by the full names of their payloads.
  virtual std::vector<std::string> types() const = 0;

  // Learns what the events need from elsewhere (this may call peers) and answers
  // what they change. With an error that is about the events themselves
  // (INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, OUT_OF_RANGE,
  // DATA_LOSS, INTERNAL), here or of the effect, they are tried one by one, and
  // one that still fails is set aside and tried again every half minute; those
  // of its partition wait behind it. With any other the whole batch is tried again.
  virtual absl::StatusOr<Effect> Prepare(std::span<const Event> events) = 0;

  // Whether the event tells that the data of its subject was erased. What is set aside of that one
  // loses it then, though the event itself may have to wait behind it.
  virtual bool IsErasure(const Event&) const { return false; }
};

}  // namespace portico::events
