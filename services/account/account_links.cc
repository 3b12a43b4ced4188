#include "services/account/account_links.h"

#include <absl/strings/str_cat.h>

#include <map>
#include <tuple>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/storage/id_list.h"

namespace portico::account {
namespace {

absl::Status NotItsAccount(const v1::Site& site, std::string_view want) {
  return absl::NotFoundError(absl::StrCat("site.account_id: got ", rpc::Quoted(site.account_id()),
                                          ", want ", std::string(want)));
}

}  // namespace

absl::Status RefuseMerged(std::string_view field, std::string_view id,
                          std::string_view merged_into_id) {
  return rpc::ErrorWithReason(
      absl::StatusCode::kFailedPrecondition, "ACCOUNT_MERGED",
      absl::StrCat(std::string(field), ": got ", rpc::Quoted(id), ", which was merged into ",
                   rpc::Quoted(merged_into_id)),
      {{"field", std::string(field)}, {"merged_into_id", std::string(merged_into_id)}});
}

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

absl::Status FillIn(storage::Session& session, std::span<v1::Account* const> accounts) {
  std::vector<std::string> class_ids;
  for (v1::Account* account : accounts) {
    if (account->terms().empty()) class_ids.push_back(account->account_class_id());
    if (account->invoice_delivery() == v1::INVOICE_DELIVERY_UNSPECIFIED) {
      account->set_invoice_delivery(v1::INVOICE_DELIVERY_NONE);
    }
  }
  if (class_ids.empty()) return absl::OkStatus();
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string>(
                       absl::StrCat("select id, default_terms from account_class where ",
                                    session.IsAmong("id", ":ids")),
                       storage::ListOf(class_ids))));
  std::map<std::string, std::string> terms;
  for (const auto& [id, default_terms] : rows) terms[id] = default_terms;
  for (v1::Account* account : accounts) {
    if (account->terms().empty()) account->set_terms(terms[account->account_class_id()]);
  }
  return absl::OkStatus();
}

}  // namespace portico::account
