#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>

#include "libs/base/clock.h"
#include "libs/rpc/served_call.h"
#include "libs/rpc/stream.h"
#include "libs/rpc/worker_pool.h"

namespace portico::rpc {

// One server stream under way: pulls messages from its source on worker threads
// and writes them, one at a time, holding no thread while there is nothing to
// send. Lives until `done` is called.
class ServedStream final : public ServedCall, public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // Answers the source, or why the call is refused. Runs on a worker thread.
  using Open = std::function<absl::StatusOr<std::unique_ptr<StreamSource>>()>;
  // Told the final status, once, as the last thing; may delete the stream.
  using Done = std::function<void(ServedStream*, const absl::Status&)>;

  ServedStream(WorkerPool& pool, Open open, Done done);

  absl::Time start() const override { return start_; }

  // Starts on the pool. RESOURCE_EXHAUSTED to the client when the pool is full.
  void Start();

  void End(absl::Status status) override ABSL_LOCKS_EXCLUDED(mutex_);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);
  void Pull();
  void OpenSource();
  // Leaves the busy state: finishes if an end was asked for, pulls again if woken meanwhile.
  void Settle() ABSL_LOCKS_EXCLUDED(mutex_);

  WorkerPool& pool_;
  const absl::Time start_ = SteadyClock().Now();
  const Open open_;
  Done done_;
  std::unique_ptr<StreamSource> source_;  // Touched by the busy thread only, then by OnDone.
  std::unique_ptr<google::protobuf::Message> message_;
  grpc::ByteBuffer bytes_;
  absl::Status final_;

  absl::Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = true;  // A pull or a write is under way.
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::rpc
