#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

namespace portico::rpc {

// The only place where the two kinds of status meet.

// With google.rpc.Status and its details in the trailers. Each error has an
// ErrorInfo; an INVALID_ARGUMENT whose message is "field.path: description" has a
// BadRequest; INTERNAL and UNKNOWN lose their message, which is for the log only.
grpc::Status ToGrpc(const absl::Status& status);

// Keeps the details of google.rpc.Status.
absl::Status FromGrpc(const grpc::Status& status);

// As in the protocol: "NOT_FOUND".
const char* CodeName(absl::StatusCode code);

}  // namespace portico::rpc
