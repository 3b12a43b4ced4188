#include "libs/rpc/peer.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/auth/service_token.h"
#include "libs/base/clock.h"
#include "libs/log/trace.h"
#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/call.h"
#include "libs/rpc/call_scope.h"
#include "libs/rpc/method.h"
#include "libs/rpc/status_conversion.h"

namespace portico::rpc {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// How clients choose a replica, and what they try again. gRPC itself repeats
// whatever the server cannot have seen; this adds the RPCs that are safe to repeat.
std::string ServiceConfig() {
  std::vector<std::string> repeatable;
  ForEachLinkedService([&](const ServiceDescriptor& service) {
    for (int m = 0; m < service.method_count(); ++m) {
      const MethodDescriptor& method = *service.method(m);
      if (!IsRepeatable(method) || method.server_streaming() || method.client_streaming()) continue;
      repeatable.push_back(absl::StrCat(R"({"service":")", service.full_name(), R"(","method":")",
                                        method.name(), R"("})"));
    }
  });
  return absl::StrCat(R"({"loadBalancingConfig":[{"round_robin":{}}],)",
                      R"("healthCheckConfig":{"serviceName":""},)",
                      R"("methodConfig":[{"name":[)", absl::StrJoin(repeatable, ","),
                      R"(],"retryPolicy":{"maxAttempts":4,"initialBackoff":"0.05s",)",
                      R"("maxBackoff":"1s","backoffMultiplier":2,)",
                      // CANCELLED comes of a server that stops at this moment.
                      R"("retryableStatusCodes":["UNAVAILABLE","CANCELLED"]}}]})");
}

void Authorize(const PeerOptions& options, grpc::ClientContext& context) {
  const std::string token = options.token_source != nullptr ? options.token_source->Token()
                                                            : options.bearer_token;
  if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  if (!options.session_token.empty()) {
    context.AddMetadata(std::string(kSessionMetadata), options.session_token);
  }
}

void Trace(grpc::ClientContext& context) {
  const std::string& trace_id = log::CurrentTraceId();
  if (!trace_id.empty()) context.AddMetadata("traceparent", log::FormatTraceparent(trace_id));
}

class ChannelReader final : public StreamReader {
 public:
  ChannelReader(const PeerOptions& options, const std::shared_ptr<grpc::Channel>& channel,
                const MethodDescriptor& method, const Message& request)
      : path_(PathOf(method)) {
    Authorize(options, context_);
    Trace(context_);
    reader_.reset(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
        channel.get(),
        grpc::internal::RpcMethod(path_.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING),
        &context_, Serialize(request)));
  }

  ~ChannelReader() override {
    if (!finished_) {
      Cancel();
      Finish().IgnoreError();
    }
  }

  bool Read(Message& message) override {
    grpc::ByteBuffer bytes;
    if (!reader_->Read(&bytes)) return false;
    if (Parse(bytes, message).ok()) return true;
    malformed_ = true;
    Cancel();
    return false;
  }

  absl::Status Finish() override {
    finished_ = true;
    grpc::ByteBuffer rest;
    while (reader_->Read(&rest)) {
    }
    const absl::Status status = FromGrpc(reader_->Finish());
    if (malformed_) return absl::DataLossError(absl::StrCat(path_, ": a message cannot be read"));
    return status;
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  const std::string path_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader_;
  bool malformed_ = false;
  bool finished_ = false;
};

class ChannelExchange final : public ExchangeClient {
 public:
  ChannelExchange(const PeerOptions& options, const std::shared_ptr<grpc::Channel>& channel,
                  const MethodDescriptor& method)
      : path_(PathOf(method)) {
    Authorize(options, context_);
    Trace(context_);
    stream_.reset(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channel.get(),
            grpc::internal::RpcMethod(path_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING),
            &context_));
  }

  ~ChannelExchange() override {
    if (finished_) return;
    context_.TryCancel();
    Finish().IgnoreError();
  }

  bool Write(const Message& message) override { return stream_->Write(Serialize(message)); }
  void WritesDone() override { stream_->WritesDone(); }

  bool Read(Message& message) override {
    grpc::ByteBuffer bytes;
    if (!stream_->Read(&bytes)) return false;
    if (Parse(bytes, message).ok()) return true;
    malformed_ = true;
    context_.TryCancel();
    return false;
  }

  absl::Status Finish() override {
    finished_ = true;
    grpc::ByteBuffer rest;
    while (stream_->Read(&rest)) {
    }
    const absl::Status status = FromGrpc(stream_->Finish());
    if (malformed_) return absl::DataLossError(absl::StrCat(path_, ": a message cannot be read"));
    return status;
  }

 private:
  const std::string path_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
  bool malformed_ = false;
  bool finished_ = false;
};

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const PeerOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig());
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30 * 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10 * 1000);
  // A watched log may be quiet for hours; its peer's loss must show all the same.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Peers bound what they send by rows and bytes; this only guards against a broken one.
  arguments.SetMaxReceiveMessageSize(64 << 20);
  // A peer that restarts is found again within a second; until then a try costs next to nothing.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return grpc::CreateCustomChannel(
      options.target,
      options.credentials != nullptr ? options.credentials : grpc::InsecureChannelCredentials(),
      arguments);
}

Peer::Peer(PeerOptions options) : options_(std::move(options)), channel_(MakeChannel(options_)) {}
Peer::~Peer() = default;

absl::Status Peer::CallUnary(const Message& request, Message& response, absl::Duration timeout) {
  const MethodDescriptor* method = MethodOf(*request.GetDescriptor());
  if (method == nullptr || method->output_type() != response.GetDescriptor()) {
    return absl::InternalError(absl::StrCat(request.GetTypeName(), " is not the request of an RPC ",
                                            "that answers ", response.GetTypeName()));
  }
  const std::string path = PathOf(*method);
  grpc::ClientContext context;
  timeout = std::min(timeout, CallScope::Deadline() - SteadyClock().Now());
  // A span, since the clock may be set between our look at it and gRPC's.
  context.set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
  Authorize(options_, context);
  Trace(context);
  return FromGrpc(grpc::internal::BlockingUnaryCall<Message, Message>(
      channel_.get(),
      grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC), &context,
      request, &response));
}

std::unique_ptr<StreamReader> Peer::Open(const Message& request) {
  const MethodDescriptor* method = MethodOf(*request.GetDescriptor());
  return std::make_unique<ChannelReader>(options_, channel_, *method, request);
}

std::unique_ptr<ExchangeClient> Peer::OpenExchange(const google::protobuf::Descriptor& request) {
  return std::make_unique<ChannelExchange>(options_, channel_, *MethodOf(request));
}

}  // namespace portico::rpc
