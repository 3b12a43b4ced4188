#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <utility>

namespace portico::rpc {

// What a server keeps of a call that has not been answered.
class PendingReply {
 public:
  virtual ~PendingReply() = default;  // Answers INTERNAL if nobody has answered.
  virtual google::protobuf::Message& response() = 0;
  virtual void Finish(const absl::Status& status) = 0;
  virtual void Continue(absl::AnyInvocable<void()> step) = 0;
};

// The answer that a handler owes its caller, to be given once: at once or later, from
// any thread. A handler that leaves it for later returns and holds up no thread; the
// Call and the request live until the last copy of its Reply is gone.
template <class Response>
class Reply {
 public:
  explicit Reply(std::shared_ptr<PendingReply> pending) : pending_(std::move(pending)) {}

  void operator()(absl::StatusOr<Response> result) const {
    if (result.ok()) static_cast<Response&>(pending_->response()) = *std::move(result);
    pending_->Finish(result.status());
  }

  // Runs `step` on one of the server's threads, as the handler was run: with the
  // call's deadline and trace, and free to wait.
  void Continue(absl::AnyInvocable<void()> step) const { pending_->Continue(std::move(step)); }

 private:
  std::shared_ptr<PendingReply> pending_;
};

}  // namespace portico::rpc
