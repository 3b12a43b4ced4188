#include "libs/rpc/errors.h"
#include "tools/cli/command.h"

namespace portico::cli {
namespace {

constexpr std::string_view kReason = "WRONG_USAGE";

}  // namespace

absl::Status WrongUsage(std::string_view message) {
  return rpc::ErrorWithReason(absl::StatusCode::kInvalidArgument, kReason, message);
}

bool IsWrongUsage(const absl::Status& status) { return rpc::ReasonOf(status) == kReason; }

}  // namespace portico::cli
