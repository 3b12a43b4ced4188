#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "libs/events/part.h"
#include "libs/storage/session.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {

// How far a consumer has come in a log.
struct Place {
  int64_t log = 0;                         // What it applied of every part.
  std::array<int64_t, kParts> parts = {};  // Where it is further in one part.

  bool Passed(const portico::events::v1::Event& event) const;
  bool operator==(const Place&) const = default;
};

// A consumer's place, in its own database: in the whole log, or in one part of it. A consumer
// may go over from one to the other, and neither misses nor repeats anything.
class Cursor {
 public:
  // `part` is nullopt for the whole log.
  Cursor(std::string consumer, std::optional<int> part);

  absl::StatusOr<Place> Read(storage::Session& session) const;
  absl::Status Move(storage::Session& session, int64_t position) const;

  // The position up to which everything that is to be followed here is applied.
  int64_t Position(const Place& place) const;

 private:
  const std::string consumer_;
  const std::optional<int> part_;
};

}  // namespace portico::events
