#include "services/registration/browser.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <optional>

#include "libs/rpc/call.h"
#include "libs/rpc/method.h"
#include "libs/rpc/status_conversion.h"

namespace portico::registration {
namespace {

std::optional<std::string> Trailer(const grpc::ClientContext& context, std::string_view key) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(grpc::string_ref(key.data(), key.size()));
  if (found == trailers.end()) return std::nullopt;
  return std::string(found->second.data(), found->second.size());
}

}  // namespace

// Nothing is tried again behind the test's back.
Browser::Browser(const std::string& address)
    : channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {}

absl::Status Browser::CallUnary(const google::protobuf::Message& request,
                                google::protobuf::Message& response) {
  using google::protobuf::Message;
  const std::string path = rpc::PathOf(*rpc::MethodOf(*request.GetDescriptor()));
  grpc::ClientContext context;
  if (!session.empty()) context.AddMetadata(std::string(rpc::kSessionMetadata), session);
  const grpc::Status status = grpc::internal::BlockingUnaryCall<Message, Message>(
      channel_.get(),
      grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC), &context,
      request, &response);
  if (const auto token = Trailer(context, rpc::kSessionMetadata)) {
    session = *token;
    session_max_age = Trailer(context, rpc::kSessionMaxAgeMetadata).value_or("");
  }
  if (Trailer(context, rpc::kSessionEndedMetadata).has_value()) session.clear();
  return rpc::FromGrpc(status);
}

}  // namespace portico::registration
