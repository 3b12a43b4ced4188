#include "libs/rpc/byte_buffer.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace portico::rpc {

absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::ByteBuffer copy = bytes;  // Shares the bytes; parsing empties its buffer.
  const grpc::Status status =
      grpc::SerializationTraits<google::protobuf::Message>::Deserialize(&copy, &message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError("the request is not a message of the type that the RPC takes");
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  bool own_buffer;
  grpc::SerializationTraits<google::protobuf::Message>::Serialize(message, &bytes, &own_buffer);
  return bytes;
}

}  // namespace portico::rpc
