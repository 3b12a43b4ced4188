#include "libs/rpc/admission.h"

#include <memory>
#include <string_view>
#include <utility>

#include "libs/auth/token_verifier.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/log/trace.h"
#include "libs/rpc/byte_buffer.h"

namespace portico::rpc {
namespace {

std::string_view First(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

// The scheme is case-insensitive (RFC 9110, section 11.1).
bool TakeBearer(std::string_view header, std::string_view& token) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return false;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    const char c =
        header[i] >= 'A' && header[i] <= 'Z' ? static_cast<char>(header[i] + 32) : header[i];
    if (c != kScheme[i]) return false;
  }
  token = header.substr(kScheme.size());
  return true;
}

}  // namespace

std::string TraceIdOf(const grpc::CallbackServerContext& context) {
  auto trace = log::ParseTraceparent(First(context, "traceparent"));
  return trace.has_value() ? *std::move(trace) : log::NewTraceId();
}

absl::StatusOr<Call> Admission::Admit(const Endpoint& endpoint,
                                      const grpc::CallbackServerContext& context) {
  Call call;
  const absl::Time now = SteadyClock().Now();
  call.deadline = now + (absl::FromChrono(context.deadline()) - SystemClock().Now());
  if (now >= call.deadline) {
    return absl::DeadlineExceededError("the deadline passed before the call could be served");
  }
  ASSIGN_OR_RETURN(call.caller, Identify(endpoint, context));
  RETURN_IF_ERROR(auth::Authorize(endpoint.access, call.caller));
  for (const auto& [key, value] : context.client_metadata()) {
    if (key == "authorization") continue;  // Handlers need the caller, never its token.
    call.metadata.emplace(std::string(key.data(), key.size()),
                          std::string(value.data(), value.size()));
  }
  return call;
}

absl::StatusOr<auth::Caller> Admission::Identify(const Endpoint& endpoint,
                                                 const grpc::CallbackServerContext& context) {
  switch (endpoint.access.audience) {
    case auth::Audience::kPublic:
      return auth::Caller{};
    case auth::Audience::kPortalUser: {
      const std::string_view session = First(context, kSessionMetadata.data());
      if (session.empty() || session_lookup_ == nullptr) return auth::Caller{};
      return session_lookup_(Secret(std::string(session)));
    }
    case auth::Audience::kStaff:
    case auth::Audience::kService:
      break;
  }
  const std::string_view header = First(context, "authorization");
  if (header.empty()) return auth::Caller{};
  std::string_view token;
  if (!TakeBearer(header, token)) {
    return absl::UnauthenticatedError("authorization: want \"Bearer\" and a token");
  }
  return verifier_.Verify(token);
}

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Admission::Read(
    const Endpoint& endpoint, const auth::Caller& caller, const grpc::ByteBuffer& bytes) {
  std::unique_ptr<google::protobuf::Message> request(endpoint.request->New());
  RETURN_IF_ERROR(Parse(bytes, *request));
  for (const FieldAccess& field : endpoint.field_access) {
    if (field.IsSetIn(*request)) RETURN_IF_ERROR(auth::Authorize(field.rule, caller));
  }
  RETURN_IF_ERROR(endpoint.validator->Check(*request));
  return request;
}

}  // namespace portico::rpc
