#include "services/invitation/known_accounts.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <set>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"
#include "libs/storage/row_set.h"
#include "services/invitation/segment.h"

namespace portico::invitation {

using account::v1::Account;
using account::v1::AccountClass;
using account::v1::BatchGetAccountsResponse;
using account::v1::Division;
using account::v1::PortalOptions;
using account::v1::Site;
using google::protobuf::util::TimeUtil;
using storage::Session;

namespace {

template <class M>
int64_t TimeOf(const M& message) {
  return TimeUtil::TimestampToMicroseconds(message.update_time());
}

// Whether a recipient of the account may stand elsewhere after the change.
bool Matters(const Account& before, const Account& after) {
  const auto facts = [](const Account& account) {
    return std::make_tuple(account.division_id(), account.account_class_id(),
                           account.bill_group_id(), account.account_source_id(), account.status(),
                           account.automatic_payment(), account.balance_due().amount_minor() > 0,
                           account.active_service_count() > 0, account.merged_into_id());
  };
  return facts(before) != facts(after);
}

// By its id, in one statement.
template <class M>
absl::StatusOr<std::map<std::string, M>> FindAll(Session& session, const storage::Table<M>& table,
                                                 std::span<const std::string> ids) {
  std::map<std::string, M> by_id;
  if (ids.empty()) return by_id;
  ASSIGN_OR_RETURN(std::vector<M> found,
                   table.List(session, absl::StrCat("where ", session.IsAmong("id", ":ids")),
                              storage::ListOf(ids)));
  for (M& one : found) by_id[one.id()] = std::move(one);
  return by_id;
}

template <class M>
std::vector<std::string> IdsOf(std::span<const M> things) {
  std::vector<std::string> ids;
  for (const M& one : things) ids.push_back(one.id());
  return ids;
}

template <class M>
std::vector<const M*> PointersTo(const std::map<std::string, M>& by_id,
                                 const std::set<std::string>& ids) {
  std::vector<const M*> pointers;
  for (const std::string& id : ids) pointers.push_back(&by_id.at(id));
  return pointers;
}

// One that is told of seldom, unless a later one is known.
template <class M>
absl::Status SaveOne(Session& session, const storage::Table<M>& table, const M& one) {
  ASSIGN_OR_RETURN(const std::optional<M> known,
                   table.FindBy(session, "where id = :id", one.id()));
  if (known.has_value() && TimeOf(one) < TimeOf(*known)) return absl::OkStatus();
  return table.SaveAll(session, std::span<const M>(&one, 1));
}

}  // namespace

KnownAccounts::KnownAccounts(const StaleRecipients& stale)
    : stale_(stale),
      accounts_("known_account",
                {"id", "number", "display_name", "division_id", "account_class_id",
                 "bill_group_id", "account_source_id", "status", "automatic_payment",
                 "balance_due.amount_minor", "active_service_count", "update_time",
                 "merged_into_id"}),
      sites_("known_site", {"id", "account_id", "site_source_id", "update_time"}),
      classes_("known_class", {"id", "portal.access_enabled", "portal.auto_send_invitation",
                               "update_time"}),
      divisions_("known_division", {"id", "display_name", "email", "update_time"}) {}

absl::Status KnownAccounts::SaveAccounts(Session& session,
                                         std::span<const Account> accounts) const {
  if (accounts.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto known, FindRows(session, IdsOf(accounts)));
  std::set<std::string> changed, stale;
  for (const Account& account : accounts) {
    const auto [row, is_new] = known.try_emplace(account.id(), account);
    if (!is_new && TimeOf(account) < TimeOf(row->second)) continue;
    Account next = account;
    // What it was merged into is told by its own event only.
    if (next.merged_into_id().empty()) next.set_merged_into_id(row->second.merged_into_id());
    if (is_new || Matters(row->second, next)) stale.insert(account.id());
    row->second = std::move(next);
    changed.insert(account.id());
  }
  RETURN_IF_ERROR(accounts_.SaveAll(session, PointersTo(known, changed)));
  return stale_.AddAccounts(session, std::vector<std::string>(stale.begin(), stale.end()));
}

absl::Status KnownAccounts::SaveSites(Session& session, std::span<const Site> sites) const {
  if (sites.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto known, FindAll(session, sites_, IdsOf(sites)));
  std::set<std::string> changed, of_accounts;
  for (const Site& site : sites) {
    const auto [row, is_new] = known.try_emplace(site.id(), site);
    if (!is_new && TimeOf(site) < TimeOf(row->second)) continue;
    if (is_new || row->second.account_id() != site.account_id() ||
        row->second.site_source_id() != site.site_source_id()) {
      of_accounts.insert(row->second.account_id());
      of_accounts.insert(site.account_id());
    }
    row->second = site;
    changed.insert(site.id());
  }
  RETURN_IF_ERROR(sites_.SaveAll(session, PointersTo(known, changed)));
  return GatherSources(session, std::vector<std::string>(of_accounts.begin(), of_accounts.end()));
}

absl::Status KnownAccounts::GatherSources(Session& session,
                                          std::span<const std::string> account_ids) const {
  if (account_ids.empty()) return absl::OkStatus();
  const std::string list = storage::ListOf(account_ids);
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string>(
                       absl::StrCat("select distinct account_id, site_source_id from known_site "
                                    "where ",
                                    session.IsAmong("account_id", ":ids"),
                                    " and site_source_id <> '' "
                                    "order by account_id, site_source_id"),
                       list)));
  std::map<std::string, std::vector<std::string>> sources;
  for (const auto& [account_id, source_id] : rows) sources[account_id].push_back(source_id);
  storage::RowSet known("known_account_sources", {"account_id", "site_source_ids"});
  for (const std::string& id : account_ids) known.Add(id, JoinSources(sources[id]));
  RETURN_IF_ERROR(session.InsertRows(known,
                                     "on conflict (account_id) do update "
                                     "set site_source_ids = excluded.site_source_ids"));
  return stale_.AddAccounts(session, account_ids);
}

absl::Status KnownAccounts::SaveClass(Session& session, const AccountClass& one) const {
  return SaveOne(session, classes_, one);
}

absl::Status KnownAccounts::SaveDivision(Session& session, const Division& one) const {
  return SaveOne(session, divisions_, one);
}

absl::StatusOr<PortalOptions> KnownAccounts::FindOptions(Session& session) const {
  PortalOptions options;
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<std::string>(
                                       "select options from known_portal_options where id = 1"));
  if (!row.has_value()) return options;
  google::protobuf::util::JsonParseOptions parse;
  parse.ignore_unknown_fields = true;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(std::get<0>(*row), &options, parse);
  if (!parsed.ok()) return absl::DataLossError("the portal options cannot be read");
  return options;
}

absl::Status KnownAccounts::SaveOptions(Session& session, const PortalOptions& options) const {
  ASSIGN_OR_RETURN(const PortalOptions known, FindOptions(session));
  if (TimeOf(options) < TimeOf(known)) return absl::OkStatus();
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(options, &json);
  if (!printed.ok()) return absl::InternalError("the portal options cannot be kept");
  return session
      .Execute(
          "insert into known_portal_options (id, options) values (1, :options) "
          "on conflict (id) do update set options = excluded.options",
          json)
      .status();
}

absl::Status KnownAccounts::Merge(Session& session, std::string_view loser_id,
                                  std::string_view winner_id) const {
  const std::vector<std::string> winner{std::string(winner_id)};
  ASSIGN_OR_RETURN(const auto standing, Find(session, winner));
  const std::string stays = standing.empty() ? winner.front() : standing.begin()->second.id();
  RETURN_IF_ERROR(session
                      .Execute("update known_account set merged_into_id = :winner "
                               "where id = :loser or "
                               "(merged_into_id <> '' and merged_into_id = :loser)",
                               stays, loser_id)
                      .status());
  return stale_.AddAccounts(session, std::vector<std::string>{std::string(loser_id)});
}

absl::StatusOr<std::map<std::string, Account>> KnownAccounts::FindRows(
    Session& session, std::span<const std::string> ids) const {
  return FindAll(session, accounts_, ids);
}

absl::StatusOr<std::map<std::string, Account>> KnownAccounts::Find(
    Session& session, std::span<const std::string> ids) const {
  ASSIGN_OR_RETURN(auto found, FindRows(session, ids));
  std::vector<std::string> winners;
  for (const auto& [id, account] : found) {
    if (!account.merged_into_id().empty()) winners.push_back(account.merged_into_id());
  }
  if (winners.empty()) return found;
  ASSIGN_OR_RETURN(const auto standing, FindRows(session, winners));
  for (auto& [id, account] : found) {
    const auto winner = standing.find(account.merged_into_id());
    if (winner != standing.end()) account = winner->second;
  }
  return found;
}

namespace {

absl::StatusOr<std::map<std::string, std::string>> SelectPairs(Session& session,
                                                               const std::string& sql,
                                                               std::span<const std::string> ids) {
  std::map<std::string, std::string> pairs;
  if (ids.empty()) return pairs;
  using Row = std::tuple<std::string, std::string>;
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   (session.Select<std::string, std::string>(sql, storage::ListOf(ids))));
  for (const auto& [key, value] : rows) pairs[key] = value;
  return pairs;
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> KnownAccounts::SourcesOfAccounts(
    Session& session, std::span<const std::string> account_ids) const {
  return SelectPairs(session,
                     absl::StrCat("select account_id, site_source_ids from known_account_sources "
                                  "where ",
                                  session.IsAmong("account_id", ":ids")),
                     account_ids);
}

absl::StatusOr<std::map<std::string, std::string>> KnownAccounts::SourcesOfSites(
    Session& session, std::span<const std::string> site_ids) const {
  ASSIGN_OR_RETURN(auto sources,
                   SelectPairs(session,
                               absl::StrCat("select id, site_source_id from known_site where ",
                                            session.IsAmong("id", ":ids")),
                               site_ids));
  for (auto& [site_id, source] : sources) {
    if (!source.empty()) source = JoinSources({source});
  }
  return sources;
}

absl::StatusOr<BatchGetAccountsResponse> KnownAccounts::Describe(
    Session& session, std::span<const std::string> ids) const {
  BatchGetAccountsResponse response;
  ASSIGN_OR_RETURN(const auto accounts, Find(session, ids));
  std::set<std::string> classes, divisions;
  for (const auto& [id, account] : accounts) {
    classes.insert(account.account_class_id());
    divisions.insert(account.division_id());
    *response.add_accounts() = account;
    if (id == account.id()) continue;
    // By its old name as well.
    Account& alias = *response.add_accounts();
    alias.set_id(id);
    alias.set_merged_into_id(account.id());
  }
  ASSIGN_OR_RETURN(auto known_classes,
                   FindAll(session, classes_,
                           std::vector<std::string>(classes.begin(), classes.end())));
  for (auto& [id, one] : known_classes) *response.add_account_classes() = std::move(one);
  ASSIGN_OR_RETURN(auto known_divisions,
                   FindAll(session, divisions_,
                           std::vector<std::string>(divisions.begin(), divisions.end())));
  for (auto& [id, one] : known_divisions) *response.add_divisions() = std::move(one);
  ASSIGN_OR_RETURN(*response.mutable_portal_options(), FindOptions(session));
  return response;
}

}  // namespace portico::invitation
