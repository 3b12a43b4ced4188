#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

namespace portico::rpc {

// The only place where the two kinds of status meet.

// With google.rpc.Status and its details in the trailers. Each error has an
// ErrorInfo; an INVALID_ARGUMENT whose message is "field.path: description" has a
// BadRequest; INTERNAL and UNKNOWN lose their message, which is for the log only.
grpc::Status ToGrpc(const absl::Status& status);

// Keeps the details of google.rpc.Status. A call that gRPC itself cancelled is UNAVAILABLE:
// that is how a server that begins to shut down ends calls that no handler has seen. (So is
// one that its caller cancelled, who knows why.)
absl::Status FromGrpc(const grpc::Status& status);

// As in the protocol: "NOT_FOUND".
const char* CodeName(absl::StatusCode code);

}  // namespace portico::rpc
