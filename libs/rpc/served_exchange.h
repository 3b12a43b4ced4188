#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>

#include "libs/base/clock.h"
#include "libs/rpc/exchange.h"
#include "libs/rpc/served_call.h"
#include "libs/rpc/worker_pool.h"

namespace portico::rpc {

// One two-way stream under way: reads a message, has it taken on a worker thread, writes
// the answer if there is one, and only then reads the next. Lives until `done` is called.
class ServedExchange final : public ServedCall,
                             public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // All on worker threads.
  struct Steps {
    // The exchange, or why the call is refused.
    std::function<absl::StatusOr<std::unique_ptr<Exchange>>()> open;
    // A message of the client's. INVALID_ARGUMENT: it cannot be read, or breaks its rules.
    std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
        const grpc::ByteBuffer&)>
        read;
    std::function<std::unique_ptr<google::protobuf::Message>()> new_answer;
    // Runs a step of the exchange within its call: trace, deadline, exceptions.
    std::function<absl::StatusOr<bool>(absl::FunctionRef<absl::StatusOr<bool>()>)> within;
  };
  // Told the final status, once, as the last thing; may delete this.
  using Done = std::function<void(ServedExchange*, const absl::Status&)>;

  ServedExchange(WorkerPool& pool, Steps steps, Done done);

  absl::Time start() const override { return start_; }

  // Starts on the pool. RESOURCE_EXHAUSTED to the client when the pool is full.
  void Start();

  void End(absl::Status status) override ABSL_LOCKS_EXCLUDED(mutex_);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void Open();
  void Take();
  void TakeEnd();
  void Answer(const absl::StatusOr<bool>& has_answer, bool is_last);
  void ReadOrFinish() ABSL_LOCKS_EXCLUDED(mutex_);

  WorkerPool& pool_;
  const absl::Time start_ = SteadyClock().Now();
  const Steps steps_;
  Done done_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<google::protobuf::Message> answer_;
  grpc::ByteBuffer request_bytes_;
  grpc::ByteBuffer answer_bytes_;
  absl::Status final_;

  absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // Nothing else is under way.
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico::rpc
