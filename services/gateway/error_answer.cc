#include "services/gateway/error_answer.h"

#include <absl/strings/cord.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "libs/rpc/errors.h"
#include "services/gateway/field_path.h"

namespace portico::gateway {
namespace {

using google::protobuf::Any;
using google::rpc::BadRequest;
using google::rpc::RetryInfo;
using nlohmann::ordered_json;

std::vector<Any> DetailsOf(const absl::Status& error) {
  std::vector<Any> details;
  error.ForEachPayload([&](absl::string_view type_url, const absl::Cord& value) {
    details.emplace_back();
    details.back().set_type_url(type_url.data(), type_url.size());
    details.back().set_value(std::string(value));
  });
  // absl::Status keeps them in no particular order.
  std::sort(details.begin(), details.end(),
            [](const Any& a, const Any& b) { return a.type_url() < b.type_url(); });
  return details;
}

void NameFieldsAsInJson(Any& detail) {
  BadRequest bad_request;
  if (!detail.Is<BadRequest>() || !detail.UnpackTo(&bad_request)) return;
  for (BadRequest::FieldViolation& violation : *bad_request.mutable_field_violations()) {
    violation.set_field(ToJsonPath(violation.field()));
  }
  detail.PackFrom(bad_request);
}

// In whole seconds; a client that is told to wait waits one at least.
int64_t RetryAfterSeconds(const absl::Status& error) {
  RetryInfo info;
  for (const Any& detail : DetailsOf(error)) {
    if (detail.Is<RetryInfo>() && detail.UnpackTo(&info)) {
      return std::max<int64_t>(
          1, info.retry_delay().seconds() + (info.retry_delay().nanos() > 0 ? 1 : 0));
    }
  }
  return 1;
}

HttpResponse Answer(const absl::Status& error, int http_status) {
  HttpResponse response;
  response.status = http_status;
  response.headers.emplace_back("Content-Type", "application/json");
  if (http_status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (http_status == 429 || http_status == 503) {
    response.headers.emplace_back("Retry-After", absl::StrCat(RetryAfterSeconds(error)));
  }
  response.body = ErrorJson(error, http_status);
  return response;
}

}  // namespace

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string ErrorJson(const absl::Status& error, int http_status) {
  if (rpc::ReasonOf(error).empty()) {
    // Every error has an ErrorInfo, those of the services and those made here.
    absl::Status with_reason = rpc::ErrorWithReason(
        error.code(), absl::StatusCodeToString(error.code()), std::string(error.message()));
    error.ForEachPayload([&](absl::string_view type_url, const absl::Cord& value) {
      with_reason.SetPayload(type_url, value);
    });
    return ErrorJson(with_reason, http_status);
  }
  ordered_json details = ordered_json::array();
  for (Any& detail : DetailsOf(error)) {
    NameFieldsAsInJson(detail);
    std::string text;
    // A detail of a type that is not linked cannot be shown, and is left out.
    if (google::protobuf::util::MessageToJsonString(detail, &text).ok()) {
      details.push_back(ordered_json::parse(text, nullptr, false));
    }
  }
  const ordered_json json = {{"error",
                              {{"code", http_status},
                               {"status", absl::StatusCodeToString(error.code())},
                               {"message", std::string(error.message())},
                               {"details", std::move(details)}}}};
  // A message is text for people: bytes that are no UTF-8 do not make it an error.
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

HttpResponse ErrorAnswer(const absl::Status& error) {
  return Answer(error, HttpStatusOf(error.code()));
}

HttpResponse ErrorAnswer(int http_status, absl::StatusCode code, std::string_view message) {
  return Answer(absl::Status(code, absl::string_view(message.data(), message.size())), http_status);
}

}  // namespace portico::gateway
