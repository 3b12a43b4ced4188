#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "libs/rpc/admission.h"
#include "libs/rpc/call.h"
#include "libs/rpc/reply.h"
#include "libs/rpc/worker_pool.h"

namespace portico::rpc {

// One unary call, from its first byte to its answer.
class PendingUnary final : public PendingReply, public std::enable_shared_from_this<PendingUnary> {
 public:
  // A handler as the server keeps it.
  using Handler = std::function<void(const std::shared_ptr<PendingReply>& pending, Call& call,
                                     const google::protobuf::Message& request)>;
  // Told how the call ended and how long it took.
  using Record = std::function<void(const Endpoint&, const absl::Status&, absl::Duration)>;

  // What all calls of a server share, and outlives them.
  struct Server {
    Admission& admission;
    WorkerPool& pool;
    Record record;
  };

  // The call as gRPC has it; gone once it is finished.
  struct Wire {
    grpc::CallbackServerContext& context;
    grpc::ServerUnaryReactor& reactor;
    const grpc::ByteBuffer& request;
    grpc::ByteBuffer& response;
  };

  PendingUnary(const Server& server, const Endpoint& endpoint, const Handler& handler, Wire wire);
  ~PendingUnary() override;

  // Admits the call and runs its handler, on this thread.
  void Run();

  // Instead of Run: answers at once, at the least cost.
  void Refuse(const absl::Status& status);

  google::protobuf::Message& response() override { return *response_; }
  void Finish(const absl::Status& status) override;
  void Continue(absl::AnyInvocable<void()> step) override;

 private:
  absl::Status Admit();
  void RunGuarded(absl::AnyInvocable<void()> step);

  const Server& server_;
  const Endpoint& endpoint_;
  const Handler& handler_;
  const Wire wire_;

  const absl::Time start_;
  std::string trace_id_;
  Call call_;
  std::unique_ptr<google::protobuf::Message> request_;
  std::unique_ptr<google::protobuf::Message> response_;
  std::atomic<bool> finished_ = false;
};

}  // namespace portico::rpc
