#include "libs/rpc/status_conversion.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "libs/rpc/errors.h"

namespace portico::rpc {
namespace {

std::string PublicMessage(const absl::Status& status) {
  const bool hidden = status.code() == absl::StatusCode::kInternal ||
                      status.code() == absl::StatusCode::kUnknown;
  return hidden ? "internal error" : std::string(status.message());
}

// The field that a message of the form "field.path: description" is about; 0
// characters when it has another form. Libraries below this one report so.
size_t FieldLength(absl::string_view message) {
  const size_t colon = message.find(": ");
  if (colon == absl::string_view::npos) return 0;
  const auto is_path = [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '[' || c == ']';
  };
  return std::all_of(message.begin(), message.begin() + colon, is_path) ? colon : 0;
}

void NameField(const absl::Status& status, google::rpc::Status& full) {
  google::rpc::BadRequest detail;
  const std::string type_url = "type.googleapis.com/" + detail.GetTypeName();
  const size_t length = FieldLength(status.message());
  if (length == 0 || status.GetPayload(type_url).has_value()) return;
  auto* violation = detail.add_field_violations();
  violation->set_field(std::string(status.message().substr(0, length)));
  violation->set_description(std::string(status.message().substr(length + 2)));
  full.add_details()->PackFrom(detail);
}

}  // namespace

const char* CodeName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk: return "OK";
    case absl::StatusCode::kCancelled: return "CANCELLED";
    case absl::StatusCode::kInvalidArgument: return "INVALID_ARGUMENT";
    case absl::StatusCode::kDeadlineExceeded: return "DEADLINE_EXCEEDED";
    case absl::StatusCode::kNotFound: return "NOT_FOUND";
    case absl::StatusCode::kAlreadyExists: return "ALREADY_EXISTS";
    case absl::StatusCode::kPermissionDenied: return "PERMISSION_DENIED";
    case absl::StatusCode::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case absl::StatusCode::kFailedPrecondition: return "FAILED_PRECONDITION";
    case absl::StatusCode::kAborted: return "ABORTED";
    case absl::StatusCode::kOutOfRange: return "OUT_OF_RANGE";
    case absl::StatusCode::kUnimplemented: return "UNIMPLEMENTED";
    case absl::StatusCode::kInternal: return "INTERNAL";
    case absl::StatusCode::kUnavailable: return "UNAVAILABLE";
    case absl::StatusCode::kDataLoss: return "DATA_LOSS";
    case absl::StatusCode::kUnauthenticated: return "UNAUTHENTICATED";
    default: return "UNKNOWN";
  }
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status full;
  full.set_code(static_cast<int>(status.code()));
  full.set_message(PublicMessage(status));
  if (ReasonOf(status).empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(CodeName(status.code()));
    info.set_domain("portico");
    full.add_details()->PackFrom(info);
  }
  if (absl::IsInvalidArgument(status)) NameField(status, full);
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    auto* detail = full.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(payload));
  });
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), full.message(),
                      full.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status full;
  if (!status.error_details().empty() && full.ParseFromString(status.error_details())) {
    for (const auto& detail : full.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  } else if (absl::IsCancelled(result)) {
    return absl::UnavailableError("the server ended the call");
  }
  return result;
}

}  // namespace portico::rpc
