#include "services/account/class_defaults.h"

#include <absl/strings/str_cat.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"

namespace portico::account {

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
