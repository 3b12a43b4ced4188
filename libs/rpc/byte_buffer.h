#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

namespace portico::rpc {

// Messages as gRPC carries them. Servers and clients handle every RPC through
// these two, so that no code is generated for any.

// INVALID_ARGUMENT: the bytes are not such a message.
absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);

grpc::ByteBuffer Serialize(const google::protobuf::Message& message);

}  // namespace portico::rpc
