#include "tools/cli/error_text.h"

#include <absl/strings/str_cat.h>

#include "google/rpc/error_details.pb.h"
#include "libs/rpc/errors.h"

namespace portico::cli {
namespace {

google::rpc::BadRequest WrongFields(const absl::Status& status) {
  google::rpc::BadRequest detail;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (payload.has_value()) detail.ParseFromString(std::string(*payload));
  return detail;
}

}  // namespace

std::string ErrorText(const absl::Status& status) {
  std::string text = absl::StatusCodeToString(status.code());
  if (const std::string reason = rpc::ReasonOf(status); !reason.empty()) {
    absl::StrAppend(&text, " (", reason, ")");
  }
  const google::rpc::BadRequest wrong = WrongFields(status);
  if (wrong.field_violations().empty()) {
    return absl::StrCat(text, ": ", std::string(status.message()));
  }
  for (const auto& violation : wrong.field_violations()) {
    absl::StrAppend(&text, "\n  ", violation.field(), ": ", violation.description());
  }
  return text;
}

}  // namespace portico::cli
