#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "libs/base/background_loop.h"
#include "libs/events/broker.h"
#include "libs/events/event_log.h"
#include "libs/events/part.h"
#include "libs/storage/database.h"
#include "libs/storage/work_share.h"

namespace portico::events {

// Mirrors a log to its stream on NATS, which is made when there is none, and filled again when it
// was lost or purged. Of the processes on the log's database one does it at a time; should two,
// the stream takes a message only from the one that knows its end.
class Relay {
 public:
  // `replicas`: how many servers keep the stream.
  Relay(EventLog& log, storage::Database& database, Broker& broker, int replicas);
  ~Relay();  // Stops.

  // Relays on a thread of its own.
  void Start();
  void Stop();

  // The position up to which the stream has the log, as far as this process knows; 0 where
  // another one relays.
  int64_t position() const { return position_; }

 private:
  // The stream's end.
  struct End {
    uint64_t sequence = 0;
    int64_t position = 0;
    std::array<int64_t, kParts> parts = {};
  };

  absl::Duration Step();
  absl::Status RelayNew();
  absl::Status FindEnd();
  absl::Status CheckEnds();
  absl::Status MakeStream(jsCtx* stream) const;
  absl::Status Publish(portico::events::v1::WatchEventsResponse batch);
  absl::StatusOr<std::optional<int64_t>> FirstPosition(jsCtx* stream) const;
  absl::Status Purge(jsCtx* stream, uint64_t sequence) const;

  EventLog& log_;
  Broker& broker_;
  const int replicas_;
  storage::WorkShare share_;
  absl::Time held_until_;  // By the steady clock.
  absl::Time checked_;
  absl::Time missing_since_ = absl::InfiniteFuture();
  jsCtx* stream_ = nullptr;  // Null until its end is known.
  End end_;
  absl::Status told_;
  std::atomic<int64_t> position_ = 0;
  int64_t watcher_ = 0;
  std::unique_ptr<BackgroundLoop> loop_;
};

}  // namespace portico::events
