#include "services/account/invoice_evidence.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "libs/base/status_macros.h"

namespace portico::account {
namespace {

constexpr int64_t kMostNumbers = 100;

// The row whose column is `value`, or else the one after that; a default instance at the end.
template <class M>
absl::StatusOr<M> FindOrNext(storage::Session& session, const storage::Table<M>& table,
                             std::string_view column, const std::string& value) {
  const std::string name(column);
  ASSIGN_OR_RETURN(
      auto found,
      table.FindBy(session, absl::StrCat("where ", name, " >= :value order by ", name, " limit 1"),
                   value));
  return found.value_or(M());
}

}  // namespace

absl::StatusOr<InvoiceEvidence> ReadInvoiceEvidence(storage::Session& session, const Stores& stores,
                                                    std::string_view field,
                                                    const std::string& value) {
  InvoiceEvidence evidence;
  ASSIGN_OR_RETURN(evidence.invoice,
                   FindOrNext(session, stores.invoices.kind().table, field, value));
  evidence.found = !value.empty() &&
                   value == (field == "id" ? evidence.invoice.id() : evidence.invoice.number());
  // Of one that was merged, the other one: the invoice may be on its way there.
  ASSIGN_OR_RETURN(const auto account, stores.accounts.kind().table.FindBy(
                                           session,
                                           "where account.id = (select case when merged_into_id = "
                                           "'' then id else merged_into_id end "
                                           "from account where id >= :id order by id limit 1)",
                                           evidence.invoice.account_id()));
  evidence.account = account.value_or(v1::Account());
  if (evidence.found) evidence.invoice.set_account_id(evidence.account.id());
  evidence.account_numbers.push_back(evidence.account.number());
  ASSIGN_OR_RETURN(
      auto merged,
      session.Select<std::string>(
          "select number from account where merged_into_id <> '' and merged_into_id = :id "
          "order by id limit :limit",
          evidence.account.id(), kMostNumbers));
  for (auto& [number] : merged) evidence.account_numbers.push_back(std::move(number));
  ASSIGN_OR_RETURN(const v1::PortalOptions options, stores.portal_options.Get(session));
  evidence.recency_days = options.invoice_recency_days();
  return evidence;
}

}  // namespace portico::account
