#include "services/account/site_names.h"

#include <absl/strings/str_cat.h>

#include <set>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "services/account/merge_moves.h"

namespace portico::account {

using storage::Session;
using storage::TextPair;

namespace {

using Ids = std::map<TextPair, std::string>;

// `select` answers pairs and the id of each.
absl::StatusOr<Ids> Select(Session& session, const std::string& select,
                           const std::vector<TextPair>& pairs) {
  Ids ids;
  if (pairs.empty()) return ids;
  using Row = std::tuple<std::string, std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string, std::string>(
                       absl::StrCat(select, " where ",
                                    storage::AreAmong(session, "account_id", "number", ":names")),
                       storage::ListOf(pairs))));
  for (const auto& [account_id, number, id] : rows) ids[{account_id, number}] = id;
  return ids;
}

absl::StatusOr<std::map<std::string, std::string>> Merged(Session& session,
                                                          const std::set<std::string>& ids) {
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string>(
                       absl::StrCat("select id, merged_into_id from account "
                                    "where merged_into_id <> '' and ",
                                    session.IsAmong("id", ":ids")),
                       storage::ListOf(std::vector<std::string>(ids.begin(), ids.end())))));
  std::map<std::string, std::string> merged;
  for (const auto& [id, merged_into_id] : rows) merged[id] = merged_into_id;
  return merged;
}

}  // namespace

absl::StatusOr<Ids> SitesByName(Session& session, const std::vector<TextPair>& names) {
  if (names.empty()) return Ids();
  std::set<std::string> accounts;
  for (const auto& [account_id, number] : names) accounts.insert(account_id);
  ASSIGN_OR_RETURN(const MergeMoves moves, MergeMoves::Read(session));
  for (const std::string& account_id : accounts) {
    if (!moves.Concern(account_id)) continue;
    return rpc::RetryAfter(absl::UnavailableError("an account of the names is being merged"),
                           absl::Seconds(1));
  }
  ASSIGN_OR_RETURN(Ids found,
                   Select(session, "select account_id, number, site_id from site_alias", names));
  ASSIGN_OR_RETURN(const auto merged, Merged(session, accounts));
  std::map<TextPair, TextPair> present;  // What the other names are now.
  std::vector<TextPair> wanted;
  for (const TextPair& name : names) {
    if (found.contains(name)) continue;
    const auto stays = merged.find(name.first);
    const TextPair now = {stays == merged.end() ? name.first : stays->second, name.second};
    present[name] = now;
    wanted.push_back(now);
  }
  ASSIGN_OR_RETURN(const Ids sites,
                   Select(session, "select account_id, number, id from site", wanted));
  for (const auto& [name, now] : present) {
    const auto site = sites.find(now);
    if (site != sites.end()) found[name] = site->second;
  }
  return found;
}

}  // namespace portico::account
