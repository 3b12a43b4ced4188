#include "services/gateway/rpc_client.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include "libs/log/log.h"
#include "libs/log/trace.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/status_conversion.h"

namespace portico::gateway {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToText(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// What the services say is told as it is. Errors that gRPC makes here have no
// ErrorInfo; they speak of addresses and sockets, which is for the log.
absl::Status PublicStatus(const grpc::Status& status, const RpcRequest& request) {
  absl::Status error = rpc::FromGrpc(status);
  if (error.ok() || !rpc::ReasonOf(error).empty()) return error;
  const log::TraceScope trace(request.trace_id);
  log::Warn("call failed", {{"method", request.path}, {"cause", error.ToString()}});
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
      return rpc::RetryAfter(absl::UnavailableError("the service cannot be reached; try again"),
                             absl::Seconds(1));
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError("the service did not answer in time");
    case absl::StatusCode::kUnimplemented:
      return absl::UnimplementedError("the service does not know this call");
    default:
      return absl::Status(error.code(), "the call failed");
  }
}

void Prepare(grpc::ClientContext& context, const RpcRequest& request) {
  context.AddMetadata("traceparent", log::FormatTraceparent(request.trace_id));
  for (const auto& [key, value] : request.metadata) context.AddMetadata(key, value);
}

RpcAnswer MakeAnswer(const grpc::Status& status, const RpcRequest& request, std::string message,
                     const grpc::ClientContext& context) {
  RpcAnswer answer{PublicStatus(status, request), std::move(message), {}};
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    answer.trailers.emplace(std::string(key.data(), key.size()),
                            std::string(value.data(), value.size()));
  }
  return answer;
}

const char* StateName(grpc_connectivity_state state) {
  switch (state) {
    case GRPC_CHANNEL_IDLE:
      return "IDLE";
    case GRPC_CHANNEL_CONNECTING:
      return "CONNECTING";
    case GRPC_CHANNEL_READY:
      return "READY";
    case GRPC_CHANNEL_TRANSIENT_FAILURE:
      return "TRANSIENT_FAILURE";
    case GRPC_CHANNEL_SHUTDOWN:
      return "SHUTDOWN";
  }
  return "UNKNOWN";
}

}  // namespace

struct RpcClient::Peer {
  explicit Peer(const rpc::PeerOptions& options)
      : channel(rpc::MakeChannel(options)), stub(channel) {}

  const std::shared_ptr<grpc::Channel> channel;
  grpc::GenericStub stub;
};

class RpcClient::Unary {
 public:
  Unary(RpcClient& client, RpcRequest request, absl::Duration timeout,
        std::function<void(RpcAnswer)> done)
      : client_(client),
        request_(std::move(request)),
        sent_(ToBuffer(request_.message)),
        done_(std::move(done)) {
    Prepare(context_, request_);
    context_.set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
  }

  void Start(grpc::GenericStub& stub, std::shared_ptr<Unary> self) {
    self_ = std::move(self);
    stub.UnaryCall(&context_, request_.path, {}, &sent_, &received_,
                   [this](const grpc::Status& status) { OnDone(status); });
  }

  void Cancel() { context_.TryCancel(); }

 private:
  void OnDone(const grpc::Status& status) {
    std::shared_ptr<Unary> self = std::move(self_);
    RpcClient& client = client_;
    std::exchange(done_, nullptr)(MakeAnswer(status, request_, ToText(received_), context_));
    self.reset();
    client.CallEnded();
  }

  RpcClient& client_;
  const RpcRequest request_;
  grpc::ClientContext context_;
  grpc::ByteBuffer sent_, received_;
  std::function<void(RpcAnswer)> done_;
  std::shared_ptr<Unary> self_;  // While gRPC uses it.
};

class RpcClient::Stream final : public RpcStream,
                                public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Stream(RpcClient& client, RpcRequest request, OnMessage message,
         std::function<void(RpcAnswer)> done)
      : client_(client),
        request_(std::move(request)),
        sent_(ToBuffer(request_.message)),
        message_(std::move(message)),
        done_(std::move(done)) {
    Prepare(context_, request_);
  }

  // The generic stub knows no server streams. To the server, a bidirectional one
  // whose client sends one message and ends is the same.
  void Start(grpc::GenericStub& stub, std::shared_ptr<Stream> self) {
    self_ = std::move(self);
    stub.PrepareBidiStreamingCall(&context_, request_.path, {}, this);
    StartWriteLast(&sent_, {});
    StartRead(&received_);
    // Until the last read: Next() comes from other threads.
    AddHold();
    StartCall();
  }

  void Next() override { StartRead(&received_); }
  void Cancel() override { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return RemoveHold();
    message_(ToText(received_), self_);
  }

  void OnDone(const grpc::Status& status) override {
    std::shared_ptr<Stream> self = std::move(self_);
    RpcClient& client = client_;
    message_ = nullptr;
    std::exchange(done_, nullptr)(MakeAnswer(status, request_, "", context_));
    self.reset();
    client.CallEnded();
  }

 private:
  RpcClient& client_;
  const RpcRequest request_;
  grpc::ClientContext context_;
  grpc::ByteBuffer sent_, received_;
  OnMessage message_;
  std::function<void(RpcAnswer)> done_;
  std::shared_ptr<Stream> self_;  // While gRPC uses it.
};

RpcClient::RpcClient(const std::map<std::string, rpc::PeerOptions>& peers) {
  for (const auto& [package, options] : peers) {
    peers_.emplace(package, std::make_unique<Peer>(options));
  }
}

RpcClient::~RpcClient() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int* calls) { return *calls == 0; }, &calls_));
}

void RpcClient::CallStarted() {
  absl::MutexLock lock(&mutex_);
  ++calls_;
}

// A call lets go of its channel before it counts as ended. Else a thread of gRPC's might
// be the last to hold the channel, and would wait for itself to end.
void RpcClient::CallEnded() {
  absl::MutexLock lock(&mutex_);
  --calls_;
}

std::function<void()> RpcClient::CallUnary(RpcRequest request, absl::Duration timeout,
                                           std::function<void(RpcAnswer)> done) {
  Peer& peer = *peers_.at(request.package);
  const auto call = std::make_shared<Unary>(*this, std::move(request), timeout, std::move(done));
  CallStarted();
  call->Start(peer.stub, call);
  return [weak = std::weak_ptr<Unary>(call)] {
    if (const auto running = weak.lock()) running->Cancel();
  };
}

std::shared_ptr<RpcStream> RpcClient::OpenStream(RpcRequest request, OnMessage message,
                                                 std::function<void(RpcAnswer)> done) {
  Peer& peer = *peers_.at(request.package);
  CallStarted();
  const auto stream =
      std::make_shared<Stream>(*this, std::move(request), std::move(message), std::move(done));
  stream->Start(peer.stub, stream);
  return stream;
}

std::vector<std::pair<std::string, std::string>> RpcClient::ChannelStates() const {
  std::vector<std::pair<std::string, std::string>> states;
  for (const auto& [package, peer] : peers_) {
    states.emplace_back(package, StateName(peer->channel->GetState(/*try_to_connect=*/true)));
  }
  return states;
}

}  // namespace portico::gateway
