#include "libs/rpc/errors.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>

#include <optional>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"

namespace portico::rpc {
namespace {

constexpr char kDomain[] = "portico";
constexpr size_t kShownCharacters = 60;
// An error travels in trailers of 8 KiB at most, its text three times in them.
constexpr size_t kMostViolationBytes = 1200;

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

std::string TypeUrl(const google::protobuf::Message& detail) {
  return absl::StrCat("type.googleapis.com/", detail.GetDescriptor()->full_name());
}

void Attach(absl::Status& status, const google::protobuf::Message& detail) {
  status.SetPayload(TypeUrl(detail), absl::Cord(detail.SerializeAsString()));
}

}  // namespace

void FieldErrors::Add(std::string_view field, std::string_view description) {
  violations_.push_back({std::string(field), std::string(description)});
}

absl::Status FieldErrors::ToStatus() const {
  if (violations_.empty()) return absl::OkStatus();
  google::rpc::BadRequest detail;
  std::string message;
  for (const FieldViolation& violation : violations_) {
    const int told = detail.field_violations_size();
    if (detail.ByteSizeLong() > kMostViolationBytes) {
      absl::StrAppend(&message, "; and ", violations_.size() - told, " more");
      break;
    }
    auto* entry = detail.add_field_violations();
    entry->set_field(violation.field);
    entry->set_description(violation.description);
    absl::StrAppend(&message, message.empty() ? "" : "; ", violation.field, ": ",
                    violation.description);
  }
  absl::Status status =
      ErrorWithReason(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", message);
  Attach(status, detail);
  return status;
}

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  google::rpc::BadRequest detail;
  const auto payload =
      status.GetPayload(absl::StrCat("type.googleapis.com/", detail.GetTypeName()));
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return violations;
  for (const auto& violation : detail.field_violations()) {
    violations.push_back({violation.field(), violation.description()});
  }
  return violations;
}

absl::Status InvalidField(std::string_view field, std::string_view description) {
  FieldErrors errors;
  errors.Add(field, description);
  return errors.ToStatus();
}

absl::Status ErrorWithReason(absl::StatusCode code, std::string_view reason,
                             std::string_view message,
                             const std::map<std::string, std::string>& metadata) {
  absl::Status status(code, Absl(message));
  google::rpc::ErrorInfo detail;
  detail.set_reason(std::string(reason));
  detail.set_domain(kDomain);
  detail.mutable_metadata()->insert(metadata.begin(), metadata.end());
  Attach(status, detail);
  return status;
}

absl::Status RetryAfter(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo detail;
  *detail.mutable_retry_delay() =
      google::protobuf::util::TimeUtil::MicrosecondsToDuration(absl::ToInt64Microseconds(delay));
  Attach(status, detail);
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo detail;
  const auto payload = status.GetPayload(TypeUrl(detail));
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return "";
  return detail.reason();
}

std::string Quoted(std::string_view value) {
  size_t end = 0;
  size_t characters = 0;
  // Cuts before the first byte of a character, never inside one.
  while (end < value.size() && characters < kShownCharacters) {
    ++end;
    while (end < value.size() && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) ++end;
    ++characters;
  }
  return absl::StrCat("\"", absl::Utf8SafeCEscape(Absl(value.substr(0, end))),
                      end < value.size() ? "…\"" : "\"");
}

}  // namespace portico::rpc
