#include "services/registration/contact_access_store.h"

#include "libs/base/status_macros.h"

namespace portico::registration {

absl::StatusOr<std::optional<ContactAccess>> ContactAccessStore::Find(
    storage::Session& session, std::string_view contact_id) const {
  ASSIGN_OR_RETURN(const auto row, (session.SelectOne<std::string, bool>(
                                       "select site_id, portal_access_enabled from contact_access"
                                       " where contact_id = :contact_id",
                                       contact_id)));
  if (!row.has_value()) return std::nullopt;
  const auto& [site_id, enabled] = *row;
  return ContactAccess{.site_id = site_id, .enabled = enabled};
}

absl::Status ContactAccessStore::Save(storage::Session& session, std::string_view contact_id,
                                      const ContactAccess& access) const {
  return session
      .Execute(
          "insert into contact_access (contact_id, site_id, portal_access_enabled)"
          " values (:contact_id, :site_id, :portal_access_enabled)"
          " on conflict (contact_id) do update set site_id = excluded.site_id,"
          " portal_access_enabled = excluded.portal_access_enabled",
          contact_id, access.site_id, access.enabled)
      .status();
}

}  // namespace portico::registration
