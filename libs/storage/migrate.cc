#include "libs/storage/migrate.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/storage/sql_text.h"

namespace portico::storage {
namespace {

absl::Status Apply(Session& session, const Migration& migration) {
  // Noting the step first makes a second process wait here, and then find it done.
  ASSIGN_OR_RETURN(const int64_t noted,
                   session.Execute("insert into schema_migration (component, name, applied_time) "
                                   "values (:component, :name, :applied_time) "
                                   "on conflict do nothing",
                                   migration.component, migration.name, ToMicros(absl::Now())));
  if (noted == 0) return absl::OkStatus();
  for (const std::string& statement : SplitStatements(migration.sql)) {
    RETURN_IF_ERROR(session.Execute(statement).status());
  }
  return absl::OkStatus();
}

absl::Status ReportNewer(Session& session, std::span<const Migration> component) {
  if (component.empty()) return absl::OkStatus();
  const std::string_view name = component.front().component;
  ASSIGN_OR_RETURN(const auto applied,
                   session.Select<std::string>(
                       "select name from schema_migration where component = :component", name));
  for (const auto& [step] : applied) {
    if (std::ranges::find(component, step, &Migration::name) == component.end()) {
      spdlog::warn("database: schema {} has {} of a newer release", name, step);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(Database& database,
                     const std::vector<std::span<const Migration>>& components) {
  RETURN_IF_ERROR(database.Write([](Session& session) {
    return session
        .Execute("create table if not exists schema_migration ("
                 "component text not null, name text not null, applied_time bigint not null, "
                 "primary key (component, name))")
        .status();
  }));
  for (const std::span<const Migration> component : components) {
    for (const Migration& migration : component) {
      absl::Status status = database.Write(
          [&migration](Session& session) { return Apply(session, migration); });
      if (!status.ok()) {
        return absl::Status(status.code(), absl::StrCat("migration ", std::string(migration.component),
                                                        "/", std::string(migration.name), ": ",
                                                        status.message()));
      }
    }
    RETURN_IF_ERROR(
        database.Read([&](Session& session) { return ReportNewer(session, component); }));
  }
  return absl::OkStatus();
}

}  // namespace portico::storage
