#include "services/account/change_admission.h"

#include <absl/strings/str_cat.h>

#include <string>
#include <string_view>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "services/account/merged_accounts.h"

namespace portico::account {
namespace {

absl::Status NotItsAccount(const v1::Site& site, std::string_view want) {
  return absl::NotFoundError(absl::StrCat("site.account_id: got ", rpc::Quoted(site.account_id()),
                                          ", want ", std::string(want)));
}

}  // namespace

absl::Status Admit(storage::Session&, const v1::Account& before, const v1::Account&) {
  if (before.merged_into_id().empty()) return absl::OkStatus();
  return RefuseMerged("account.id", before.id(), before.merged_into_id());
}

absl::Status Admit(storage::Session& session, const v1::Site& before, const v1::Site& after) {
  if (!before.id().empty()) {
    if (after.account_id() == before.account_id()) return absl::OkStatus();
    return NotItsAccount(after, "the account that has the site");
  }
  ASSIGN_OR_RETURN(const auto account,
                   session.SelectOne<std::string>(
                       "select merged_into_id from account where id = :id", after.account_id()));
  if (!account.has_value()) return NotItsAccount(after, "an existing account");
  const auto& [merged_into_id] = *account;
  if (merged_into_id.empty()) return absl::OkStatus();
  return RefuseMerged("site.account_id", after.account_id(), merged_into_id);
}

}  // namespace portico::account
