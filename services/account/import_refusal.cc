#include "services/account/import_refusal.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <string>
#include <vector>

#include "google/rpc/error_info.pb.h"
#include "libs/rpc/errors.h"

namespace portico::account {
namespace {

// The field that the ErrorInfo names, or "".
std::string FieldOfReason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload(absl::StrCat("type.googleapis.com/", info.GetTypeName()));
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return "";
  const auto field = info.metadata().find("field");
  return field == info.metadata().end() ? "" : field->second;
}

}  // namespace

v1::ImportRefusal RefusalOf(int64_t line, const absl::Status& status) {
  v1::ImportRefusal refusal;
  refusal.set_line(line);
  const std::vector<rpc::FieldViolation> violations = rpc::ViolationsOf(status);
  refusal.set_field(violations.empty() ? FieldOfReason(status) : violations.front().field);
  std::string reason(status.message());
  const std::string prefix = absl::StrCat(refusal.field(), ": ");
  if (absl::StartsWith(reason, prefix)) reason.erase(0, prefix.size());
  refusal.set_reason(reason);
  return refusal;
}

}  // namespace portico::account
