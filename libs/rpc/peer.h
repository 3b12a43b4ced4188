#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>

namespace grpc {
class Channel;
class ChannelCredentials;
}
namespace portico::auth {
class ServiceTokenSource;
}

namespace portico::rpc {

struct PeerOptions {
  std::string target;  // host:port, or dns:///name:port for replicas.
  // Signs the calls; null for calls without a token.
  auth::ServiceTokenSource* token_source = nullptr;
  // Sent instead where there is no token source; may be empty.
  std::string bearer_token = {};
  // Makes the calls those of a portal user; may be empty.
  std::string session_token = {};
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;  // Null for plain text.
};

// An open server stream.
class StreamReader {
 public:
  virtual ~StreamReader() = default;  // Cancels.
  // Waits for the next message. False at the end: Finish() then tells why.
  virtual bool Read(google::protobuf::Message& message) = 0;
  virtual absl::Status Finish() = 0;
  // Ends a Read under way from another thread.
  virtual void Cancel() = 0;
};

// The client's side of an open two-way stream. One thread may write while another reads.
class ExchangeClient {
 public:
  virtual ~ExchangeClient() = default;  // Cancels.
  // Waits until there is room to send. False when the stream is over: Finish() then tells why.
  virtual bool Write(const google::protobuf::Message& message) = 0;
  // Tells that all is sent.
  virtual void WritesDone() = 0;
  // Waits for the next answer. False at the end.
  virtual bool Read(google::protobuf::Message& message) = 0;
  virtual absl::Status Finish() = 0;
};

// Another service reached over gRPC, its replicas balanced round robin. Thread-safe.
class Peer {
 public:
  explicit Peer(PeerOptions options);
  ~Peer();

  // Calls the RPC whose request message is Request and waits for its answer, for
  // `timeout` at most and never past the deadline of the call that this thread
  // serves. RPCs marked NO_SIDE_EFFECTS or IDEMPOTENT are tried again with
  // back-off while the peer is UNAVAILABLE. Errors keep their details.
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const Request& request, absl::Duration timeout = absl::Seconds(5)) {
    Response response;
    absl::Status status = CallUnary(request, response, timeout);
    if (!status.ok()) return status;
    return response;
  }

  // Opens the server stream whose request message is `request`.
  std::unique_ptr<StreamReader> Open(const google::protobuf::Message& request);

  // Opens the two-way stream whose request message is of that kind.
  std::unique_ptr<ExchangeClient> OpenExchange(const google::protobuf::Descriptor& request);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  absl::Status CallUnary(const google::protobuf::Message& request,
                         google::protobuf::Message& response, absl::Duration timeout);

  const PeerOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
};

// A channel as Portico's clients use it: round robin, keepalive, retries of what
// is safe to repeat. Messages of any RPC may be sent over it.
std::shared_ptr<grpc::Channel> MakeChannel(const PeerOptions& options);

}  // namespace portico::rpc
