#include "services/account/merged_accounts.h"

#include <absl/strings/str_cat.h>

#include <string>

#include "libs/rpc/errors.h"

namespace portico::account {

absl::Status RefuseMerged(std::string_view field, std::string_view id,
                          std::string_view merged_into_id) {
  return rpc::ErrorWithReason(
      absl::StatusCode::kFailedPrecondition, "ACCOUNT_MERGED",
      absl::StrCat(std::string(field), ": got ", rpc::Quoted(id), ", which was merged into ",
                   rpc::Quoted(merged_into_id)),
      {{"field", std::string(field)}, {"merged_into_id", std::string(merged_into_id)}});
}

}  // namespace portico::account
