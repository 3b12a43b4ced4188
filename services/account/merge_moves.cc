#include "services/account/merge_moves.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"

namespace portico::account {
namespace {

constexpr std::string_view kOfAccount =
    "account_id = (select case when merged_into_id = '' then account.id else merged_into_id end "
    "from account where account.id = :account_id)";

}  // namespace

absl::Status MergeMoves::Begin(storage::Session& session, const std::string& loser_id) {
  return session
      .Execute(
          "insert into merge_move (loser_id) values (:loser_id) on conflict (loser_id) do nothing",
          loser_id)
      .status();
}

absl::Status MergeMoves::End(storage::Session& session, const std::string& loser_id) {
  return session.Execute("delete from merge_move where loser_id = :loser_id", loser_id).status();
}

absl::StatusOr<MergeMoves> MergeMoves::Read(storage::Session& session) {
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string>(
                       "select loser_id, merged_into_id from merge_move "
                       "join account on account.id = merge_move.loser_id")));
  MergeMoves moves;
  for (const auto& [loser_id, winner_id] : rows) moves.winners_.emplace(loser_id, winner_id);
  return moves;
}

const std::string& MergeMoves::After(const std::string& loser_id) const {
  const auto next = winners_.upper_bound(loser_id);
  return (next == winners_.end() ? winners_.begin() : next)->first;
}

bool MergeMoves::Concern(const std::string& account_id) const {
  return std::ranges::any_of(winners_, [&](const auto& move) {
    return move.first == account_id || move.second == account_id;
  });
}

const std::string& MergeMoves::OwnerOf(const std::string& account_id) const {
  const auto found = winners_.find(account_id);
  return found == winners_.end() ? account_id : found->second;
}

absl::StatusOr<storage::Condition> MergeMoves::OfAccount(storage::Session& session,
                                                         const std::string& account_id) const {
  if (empty()) return storage::Condition{std::string(kOfAccount), {account_id}};
  ASSIGN_OR_RETURN(const auto row,
                   session.SelectOne<std::string>(
                       "select case when merged_into_id = '' then id else merged_into_id end "
                       "from account where id = :id",
                       account_id));
  std::vector<std::string> ids = {row.has_value() ? std::get<0>(*row) : account_id};
  for (const auto& [loser_id, winner_id] : winners_) {
    if (winner_id == ids.front()) ids.push_back(loser_id);
  }
  return storage::Condition{session.IsAmong("account_id", ":account_ids"), {storage::ListOf(ids)}};
}

}  // namespace portico::account
