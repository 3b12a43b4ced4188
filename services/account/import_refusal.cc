#include "services/account/import_refusal.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"

namespace portico::account {
namespace {

// The detail of this kind, or an empty one.
template <class Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  const auto payload = status.GetPayload(
      absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name()));
  if (payload.has_value() && !detail.ParseFromString(std::string(*payload))) detail.Clear();
  return detail;
}

}  // namespace

v1::ImportRefusal RefusalOf(int64_t line, const absl::Status& status) {
  v1::ImportRefusal refusal;
  refusal.set_line(line);
  const auto request = DetailOf<google::rpc::BadRequest>(status);
  if (request.field_violations_size() > 0) {
    refusal.set_field(request.field_violations(0).field());
  } else {
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    const auto field = info.metadata().find("field");
    if (field != info.metadata().end()) refusal.set_field(field->second);
  }
  std::string reason(status.message());
  const std::string prefix = absl::StrCat(refusal.field(), ": ");
  if (absl::StartsWith(reason, prefix)) reason.erase(0, prefix.size());
  refusal.set_reason(reason);
  return refusal;
}

}  // namespace portico::account
