#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "libs/events/applier.h"
#include "libs/rpc/peer.h"

namespace portico::events {

// A thread that applies what a stream of batches brings, and opens the stream again wherever it
// breaks off, while it is this process's turn.
class Follower {
 public:
  // `open` opens a stream of the batches after a position; of a snapshot that broke off, after
  // what the token says.
  using Open = std::function<std::unique_ptr<rpc::StreamReader>(
      int64_t position, const std::string& snapshot_token)>;

  Follower(std::string source, Applier& applier, Open open);
  ~Follower();  // Stops.

  // Whether it is this process's turn; at first it is not. Once it no longer is, what is being
  // applied ends, and does no harm where another process has gone on already.
  void SetTurn(bool ours) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  bool AwaitTurn() ABSL_LOCKS_EXCLUDED(mutex_);  // False when it is to stop.
  absl::Status Follow() ABSL_LOCKS_EXCLUDED(mutex_);
  void Tell(const absl::Status& status);
  bool Rest(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string source_;
  Applier& applier_;
  const Open open_;
  // What has been applied of a snapshot; empty where none is under way.
  std::string snapshot_token_;
  absl::Time told_ = absl::InfinitePast();  // When an outage was last told of, by the steady clock.

  absl::Mutex mutex_;
  bool our_turn_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  rpc::StreamReader* reader_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_;
};

}  // namespace portico::events
