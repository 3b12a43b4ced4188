#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <vector>

#include "libs/auth/access_rule.h"
#include "libs/rpc/call.h"
#include "libs/rpc/method.h"
#include "libs/rpc/server.h"
#include "libs/rpc/validation.h"

namespace portico::rpc {

// An RPC that a server has a handler for.
struct Endpoint {
  const google::protobuf::MethodDescriptor* method;
  std::string path;
  auth::AccessRule access;
  std::vector<FieldAccess> field_access;
  std::unique_ptr<Validator> validator;
  const google::protobuf::Message* request;  // Prototypes to make messages from.
  const google::protobuf::Message* response;
};

// Lets calls in: who calls, whether they may, and whether the request is well formed.
class Admission {
 public:
  Admission(auth::TokenVerifier& verifier, SessionLookup session_lookup)
      : verifier_(verifier), session_lookup_(std::move(session_lookup)) {}

  // The call as its handler sees it.
  // UNAUTHENTICATED, PERMISSION_DENIED: the caller may not make it.
  // DEADLINE_EXCEEDED: the caller has stopped waiting.
  absl::StatusOr<Call> Admit(const Endpoint& endpoint, const grpc::CallbackServerContext& context);

  // The request of an admitted call. INVALID_ARGUMENT: it cannot be read, or breaks the rules of
  // its fields. PERMISSION_DENIED: it sets a field that the caller may not.
  static absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Read(
      const Endpoint& endpoint, const auth::Caller& caller, const grpc::ByteBuffer& bytes);

 private:
  absl::StatusOr<auth::Caller> Identify(const Endpoint& endpoint,
                                        const grpc::CallbackServerContext& context);

  auth::TokenVerifier& verifier_;
  const SessionLookup session_lookup_;
};

// The trace that a call belongs to: the caller's, or a new one.
std::string TraceIdOf(const grpc::CallbackServerContext& context);

}  // namespace portico::rpc
