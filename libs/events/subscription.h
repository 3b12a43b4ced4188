#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/background_loop.h"
#include "libs/base/clock.h"
#include "libs/events/set_aside.h"
#include "libs/rpc/peer.h"
#include "libs/storage/database.h"
#include "libs/storage/lease.h"
#include "portico/events/v1/events.pb.h"

namespace portico::events {

using portico::events::v1::Event;

// What a batch of events changes. It runs in the transaction that moves the
// cursor past them; it may run again when that transaction must be repeated.
using Effect = std::function<absl::Status(storage::Session&)>;

// A consumer of another service's events.
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
};

// Follows the event log of one peer. The cursor moves in the transaction of the
// effect, so every event takes effect exactly once, however often it arrives. Of the
// processes on one database one follows it, and another soon takes over when that one ends.
class Subscription {
 public:
  // `name` tells apart the consumers in one database; `source` is the publisher's name.
  Subscription(std::string name, std::string source, storage::Database& database, rpc::Peer& peer,
               EventHandler& handler, const Clock& clock);
  ~Subscription();  // Stops.

  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }

  // Follows the log on a thread of its own, from the stored position.
  void Start();
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Applies one batch as it came from the log: its effect, and the cursor to
  // `position`, in one transaction. Events at or before the cursor are passed over.
  absl::Status Apply(const portico::events::v1::WatchEventsResponse& batch);

  // Tries what was set aside again, each partition up to its first failure, and
  // answers how long to rest: the step of a BackgroundLoop.
  absl::Duration RetrySetAside();

  // How far it has come, and how many events are set aside; for metrics and tests.
  absl::StatusOr<int64_t> Position();
  absl::StatusOr<int64_t> CountSetAside();

 private:
  void Run();
  bool AwaitTurn() ABSL_LOCKS_EXCLUDED(mutex_);  // False when it is to stop.
  absl::Duration HoldLease() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Follow();
  absl::Status ApplyEvents(std::span<const Event> events, int64_t position);
  absl::Status ApplyOneByOne(std::span<const Event> events, int64_t position);
  absl::Status PutAside(const Event& event, const absl::Status& error);
  absl::Status RetryOne(const Event& event);
  bool Rest(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string name_;
  const std::string source_;
  storage::Database& database_;
  rpc::Peer& peer_;
  EventHandler& handler_;
  const SetAside set_aside_;
  storage::Lease lease_;

  absl::Mutex mutex_;
  bool our_turn_ ABSL_GUARDED_BY(mutex_) = true;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  rpc::StreamReader* reader_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_;
  std::unique_ptr<BackgroundLoop> retrying_;
  std::unique_ptr<BackgroundLoop> holding_;
};

}  // namespace portico::events
