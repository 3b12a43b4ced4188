#include "services/registration/contact_access_store.h"

#include <nlohmann/json.hpp>
#include <tuple>

#include "libs/base/status_macros.h"
#include "libs/storage/id_list.h"

namespace portico::registration {

using storage::Session;

namespace {

std::vector<std::string> SitesOf(const std::string& json, const std::string& site_id) {
  std::vector<std::string> sites;
  const auto list = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) {
    if (!site_id.empty()) sites.push_back(site_id);
    return sites;
  }
  for (const auto& id : list) {
    if (id.is_string()) sites.push_back(id.get<std::string>());
  }
  return sites;
}

}  // namespace

absl::StatusOr<std::optional<ContactAccess>> ContactAccessStore::Find(
    Session& session, std::string_view contact_id) const {
  ASSIGN_OR_RETURN(const auto row,
                   (session.SelectOne<std::string, std::string, bool, bool, int64_t>(
                       "select site_ids, site_id, portal_access_enabled, erased, update_time"
                       " from contact_access where contact_id = :contact_id",
                       contact_id)));
  if (!row.has_value()) return std::nullopt;
  const auto& [site_ids, site_id, enabled, erased, update_time] = *row;
  return ContactAccess{.site_ids = SitesOf(site_ids, site_id),
                       .enabled = enabled,
                       .erased = erased,
                       .update_time = update_time};
}

absl::StatusOr<bool> ContactAccessStore::Save(Session& session, std::string_view contact_id,
                                              const ContactAccess& access) const {
  // A version before this one knows but one site, and must grant no more.
  const std::string first = access.site_ids.empty() ? "" : access.site_ids.front();
  ASSIGN_OR_RETURN(
      const int64_t saved,
      session.Execute("insert into contact_access"
                      " (contact_id, site_id, site_ids, portal_access_enabled, erased, update_time)"
                      " values (:contact_id, :site_id, :site_ids, :enabled, :erased, :update_time)"
                      " on conflict (contact_id) do update set site_id = excluded.site_id,"
                      " site_ids = excluded.site_ids,"
                      " portal_access_enabled = excluded.portal_access_enabled,"
                      " erased = excluded.erased, update_time = excluded.update_time"
                      " where contact_access.update_time <= excluded.update_time",
                      contact_id, first,
                      access.site_ids.empty() ? "" : storage::ListOf(access.site_ids),
                      access.enabled, access.erased, access.update_time));
  return saved > 0;
}

absl::Status ContactAccessStore::Merge(Session& session, std::string_view loser,
                                       std::string_view winner) const {
  ASSIGN_OR_RETURN(const std::string stays, Resolve(session, winner));
  RETURN_IF_ERROR(
      session
          .Execute("update alias set stands_for = :winner where stands_for = :loser", stays, loser)
          .status());
  return session
      .Execute(
          "insert into alias (id, stands_for) values (:loser, :winner)"
          " on conflict (id) do update set stands_for = excluded.stands_for",
          loser, stays)
      .status();
}

absl::StatusOr<std::string> ContactAccessStore::Resolve(Session& session,
                                                        std::string_view id) const {
  ASSIGN_OR_RETURN(const auto row, session.SelectOne<std::string>(
                                       "select stands_for from alias where id = :id", id));
  return row.has_value() ? std::get<0>(*row) : std::string(id);
}

absl::StatusOr<std::vector<std::string>> ContactAccessStore::Aliases(
    Session& session, std::string_view contact_id) const {
  using Row = std::tuple<std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      session.Select<std::string>("select id from alias where stands_for = :id", contact_id));
  std::vector<std::string> aliases;
  for (const auto& [id] : rows) aliases.push_back(id);
  return aliases;
}

}  // namespace portico::registration
