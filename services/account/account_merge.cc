#include "services/account/account_merge.h"

#include <absl/functional/function_ref.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_links.h"
#include "services/account/resource_stamp.h"
#include "services/account/site_renumbering.h"

namespace portico::account {
namespace {

using v1::Account;
using v1::Invoice;
using v1::Site;

// How many resources are in memory at a time.
constexpr int kBatch = 500;

// What the winner gets from the loser beside its sites and invoices.
void TakeOver(Account& winner, Account& loser) {
  winner.set_active_service_count(winner.active_service_count() + loser.active_service_count());
  loser.clear_active_service_count();
  const v1::Money& owed = loser.balance_due();
  const std::string& currency = winner.balance_due().currency_code();
  // What is owed in another currency cannot be added.
  if (loser.has_balance_due() && (currency.empty() || currency == owed.currency_code())) {
    v1::Money& owes = *winner.mutable_balance_due();
    owes.set_currency_code(owed.currency_code());
    owes.set_amount_minor(owes.amount_minor() + owed.amount_minor());
    loser.clear_balance_due();
  }
  // What the company's own system calls the customer by, where it knows only one of the two.
  if (winner.external_id().empty()) {
    winner.set_external_id(loser.external_id());
    loser.clear_external_id();
  }
}

// Changes all resources that `where`, with the argument `id`, finds, until it finds no more.
template <class M>
absl::Status ChangeAll(storage::Session& session, ResourceStore<M>& store, std::string_view where,
                       const std::string& id, absl::Time now,
                       absl::FunctionRef<absl::Status(std::vector<M>&)> change) {
  while (true) {
    ASSIGN_OR_RETURN(
        std::vector<M> some,
        store.kind().table.List(
            session, absl::StrCat("where ", std::string(where), " order by id limit :limit"), id,
            kBatch));
    if (some.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(change(some));
    std::vector<const M*> changed;
    for (M& one : some) {
      StampChange(one, now);
      changed.push_back(&one);
    }
    RETURN_IF_ERROR(store.SaveAll(session, changed));
  }
}

}  // namespace

absl::StatusOr<Account> AccountMerge::Merge(const v1::MergeAccountsRequest& request) {
  if (request.id() == request.loser_id()) {
    return rpc::InvalidField("loser_id", absl::StrCat("got ", rpc::Quoted(request.loser_id()),
                                                      ", want another account than the one that "
                                                      "stays"));
  }
  return stores_.database.Write([&](storage::Session& session) { return Merge(session, request); });
}

absl::StatusOr<Account> AccountMerge::Merge(storage::Session& session,
                                            const v1::MergeAccountsRequest& request) {
  ASSIGN_OR_RETURN(Account winner, Find(session, "id", request.id()));
  ASSIGN_OR_RETURN(Account loser, Find(session, "loser_id", request.loser_id()));
  if (!loser.merged_into_id().empty()) {
    const std::string& stays =
        winner.merged_into_id().empty() ? winner.id() : winner.merged_into_id();
    // This merge was made before; the winner may have been merged since.
    if (loser.merged_into_id() == stays) return stores_.accounts.Get(session, stays);
    return RefuseMerged("loser_id", loser.id(), loser.merged_into_id());
  }
  if (!winner.merged_into_id().empty()) {
    return RefuseMerged("id", winner.id(), winner.merged_into_id());
  }
  RETURN_IF_ERROR(rpc::CheckEtag("etag", request.etag(), winner.etag()));
  RETURN_IF_ERROR(rpc::CheckEtag("loser_etag", request.loser_etag(), loser.etag()));
  // Those that the contact service gets after it was told of the merge would stay the loser's.
  ASSIGN_OR_RETURN(const bool is_pending, pending_.Has(session, loser.id()));
  if (is_pending) {
    return rpc::RetryAfter(
        rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "CONTACTS_PENDING",
                             absl::StrCat("loser_id: got ", rpc::Quoted(loser.id()),
                                          ", whose contacts are not all created yet")),
        absl::Minutes(1));
  }
  RETURN_IF_ERROR(Join(session, winner, loser));
  return winner;
}

absl::StatusOr<Account> AccountMerge::Find(storage::Session& session, const std::string& field,
                                           const std::string& id) const {
  ASSIGN_OR_RETURN(std::optional<Account> found,
                   stores_.accounts.kind().table.FindBy(session, "where id = :id", id));
  if (!found.has_value()) {
    return absl::NotFoundError(
        absl::StrCat(field, ": got ", rpc::Quoted(id), ", want an existing account"));
  }
  return *std::move(found);
}

absl::Status AccountMerge::Join(storage::Session& session, Account& winner, Account& loser) {
  const absl::Time now = clock_.Now();
  TakeOver(winner, loser);
  loser.set_status(v1::ACCOUNT_STATUS_CLOSED);
  loser.set_merged_into_id(winner.id());
  StampChange(loser, now);
  StampChange(winner, now);
  // Each tells of itself in its own partition, so that who follows only one of them learns of it.
  // The loser first: the winner may take its external id.
  for (const Account* account : {&loser, &winner}) {
    RETURN_IF_ERROR(stores_.accounts.SaveAll(session, {&account, 1}));
  }
  v1::AccountsMerged merged;
  *merged.mutable_winner() = winner;
  merged.set_loser_id(loser.id());
  RETURN_IF_ERROR(events_.Append(session, merged, winner.id(), winner.id()));

  // None is another name for what is one itself.
  RETURN_IF_ERROR(ChangeAll<Account>(session, stores_.accounts,
                                     "merged_into_id <> '' and merged_into_id = :id", loser.id(),
                                     now, [&](std::vector<Account>& accounts) {
                                       for (Account& account : accounts)
                                         account.set_merged_into_id(winner.id());
                                       return absl::OkStatus();
                                     }));
  RETURN_IF_ERROR(ChangeAll<Site>(
      session, stores_.sites, "account_id = :id", loser.id(), now,
      [&](std::vector<Site>& sites) { return MoveSites(session, sites, winner.id()); }));
  return ChangeAll<Invoice>(session, stores_.invoices, "account_id = :id", loser.id(), now,
                            [&](std::vector<Invoice>& invoices) {
                              for (Invoice& invoice : invoices) {
                                invoice.set_account_id(winner.id());
                              }
                              return absl::OkStatus();
                            });
}

}  // namespace portico::account
