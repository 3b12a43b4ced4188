#include "services/account/account_merge.h"

#include <absl/strings/str_cat.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "portico/account/v1/account_events.pb.h"
#include "portico/options/v1/options.pb.h"
#include "services/account/merge_moves.h"
#include "services/account/merged_accounts.h"
#include "services/account/resource_stamp.h"
#include "services/account/site_renumbering.h"

namespace portico::account {
namespace {

using v1::Account;
using v1::Invoice;
using v1::Site;

// How many sites and invoices a transaction moves: other writers wait for it.
constexpr int kBatch = 250;
// Other processes' merges are found so.
constexpr absl::Duration kRest = absl::Seconds(1);

// As much as `field` may hold.
absl::StatusOr<int64_t> Sum(std::string_view path, const google::protobuf::Descriptor& message,
                            const std::string& field, int64_t kept, int64_t added) {
  if (added == 0) return kept;
  const auto& rules =
      message.FindFieldByName(field)->options().GetExtension(portico::options::v1::rules);
  int64_t sum = 0;
  if (!__builtin_add_overflow(kept, added, &sum) && sum >= rules.min() && sum <= rules.max()) {
    return sum;
  }
  return rpc::ErrorWithReason(absl::StatusCode::kFailedPrecondition, "SUM_TOO_LARGE",
                              absl::StrCat(std::string(path), ": got ", kept, " and ", added,
                                           ", want a sum from ", rules.min(), " to ", rules.max()),
                              {{"field", std::string(path)}});
}

// What the winner gets from the loser beside its sites and invoices.
absl::Status TakeOver(Account& winner, Account& loser) {
  ASSIGN_OR_RETURN(
      const int64_t services,
      Sum("account.active_service_count", *Account::descriptor(), "active_service_count",
          winner.active_service_count(), loser.active_service_count()));
  winner.set_active_service_count(services);
  loser.clear_active_service_count();
  const v1::Money& owed = loser.balance_due();
  const std::string& currency = winner.balance_due().currency_code();
  // What is owed in another currency cannot be added.
  if (loser.has_balance_due() && (currency.empty() || currency == owed.currency_code())) {
    v1::Money& owes = *winner.mutable_balance_due();
    ASSIGN_OR_RETURN(const int64_t amount,
                     Sum("account.balance_due.amount_minor", *v1::Money::descriptor(),
                         "amount_minor", owes.amount_minor(), owed.amount_minor()));
    owes.set_currency_code(owed.currency_code());
    owes.set_amount_minor(amount);
    loser.clear_balance_due();
  }
  // What the company's own system calls the customer by, where it knows only one of the two.
  if (winner.external_id().empty()) {
    winner.set_external_id(loser.external_id());
    loser.clear_external_id();
  }
  return absl::OkStatus();
}

// The first of what `where`, with the argument `id`, finds.
template <class M>
absl::StatusOr<std::vector<M>> ListSome(storage::Session& session, const ResourceStore<M>& store,
                                        std::string_view where, const std::string& id,
                                        size_t most) {
  return store.kind().table.List(
      session, absl::StrCat("where ", std::string(where), " order by id limit :limit"), id,
      static_cast<int64_t>(most));
}

template <class M>
absl::Status SaveChanged(storage::Session& session, ResourceStore<M>& store, std::vector<M>& some,
                         absl::Time now) {
  std::vector<const M*> changed;
  for (M& one : some) {
    StampChange(one, now);
    changed.push_back(&one);
  }
  return store.SaveAll(session, changed);
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
  RETURN_IF_ERROR(TakeOver(winner, loser));
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
  while (true) {
    ASSIGN_OR_RETURN(std::vector<Account> aliases,
                     ListSome(session, stores_.accounts,
                              "merged_into_id <> '' and merged_into_id = :id", loser.id(), kBatch));
    if (aliases.empty()) break;
    for (Account& alias : aliases) alias.set_merged_into_id(winner.id());
    RETURN_IF_ERROR(SaveChanged(session, stores_.accounts, aliases, now));
  }
  ASSIGN_OR_RETURN(const bool is_more, MoveSome(session, loser.id(), winner.id()));
  return is_more ? MergeMoves::Begin(session, loser.id()) : absl::OkStatus();
}

absl::StatusOr<bool> AccountMerge::MoveSome(storage::Session& session, const std::string& loser_id,
                                            const std::string& winner_id) {
  constexpr std::string_view kOfLoser = "account_id = :id";
  ASSIGN_OR_RETURN(std::vector<Site> sites,
                   ListSome(session, stores_.sites, kOfLoser, loser_id, kBatch));
  const size_t room = kBatch - sites.size();
  if (!sites.empty()) RETURN_IF_ERROR(Move(session, std::move(sites), winner_id));
  if (room == 0) return true;
  ASSIGN_OR_RETURN(std::vector<Invoice> invoices,
                   ListSome(session, stores_.invoices, kOfLoser, loser_id, room));
  for (Invoice& invoice : invoices) invoice.set_account_id(winner_id);
  RETURN_IF_ERROR(SaveChanged(session, stores_.invoices, invoices, clock_.Now()));
  return invoices.size() == room;
}

absl::Status AccountMerge::Move(storage::Session& session, std::vector<Site> sites,
                                const std::string& winner_id) {
  RETURN_IF_ERROR(MoveSites(session, sites, winner_id));
  return SaveChanged(session, stores_.sites, sites, clock_.Now());
}

absl::Duration AccountMerge::MoveOn() {
  const auto moves =
      stores_.database.ReadOne([](storage::Session& session) { return MergeMoves::Read(session); });
  if (!moves.ok() || moves->empty()) return kRest;
  // One that cannot be moved must not keep the others from their turn.
  const std::string loser_id = moves->After(last_failed_);
  const absl::Status status =
      stores_.database.Write([&](storage::Session& session) -> absl::Status {
        // The other one may have been merged meanwhile.
        ASSIGN_OR_RETURN(const Account loser, Find(session, "merge_move", loser_id));
        ASSIGN_OR_RETURN(const bool is_more, MoveSome(session, loser_id, loser.merged_into_id()));
        return is_more ? absl::OkStatus() : MergeMoves::End(session, loser_id);
      });
  if (status.ok()) return absl::ZeroDuration();
  last_failed_ = loser_id;
  log::Warn("what a merged account has cannot be moved",
            {{"account", loser_id}, {"error", std::string(status.message())}});
  return kRest;
}

absl::Status AccountMerge::MoveSite(const std::string& id) {
  return stores_.database.Write([&](storage::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
    ASSIGN_OR_RETURN(std::vector<Site> sites, ListSome(session, stores_.sites, "id = :id", id, 1));
    if (sites.empty()) return absl::OkStatus();
    const std::string winner_id = moves.OwnerOf(sites.front().account_id());
    if (winner_id == sites.front().account_id()) return absl::OkStatus();
    return Move(session, std::move(sites), winner_id);
  });
}

}  // namespace portico::account
