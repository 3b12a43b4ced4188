#include "libs/storage/migrate.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/storage/sql_text.h"

namespace portico::storage {
namespace {

// Replicas that start together migrate one after the other. The number is Portico's own. An index
// on a large table takes longer than any other statement may, and whoever comes second waits for
// that; but nothing waits long for a table in use, as all others would wait behind it.
absl::Status Lock(Session& session, Engine engine) {
  if (engine == Engine::kSqlite) return absl::OkStatus();  // Has one writer.
  ASSIGN_OR_RETURN(const auto lock_timeout,
                   session.SelectOne<std::string>("select current_setting('lock_timeout')"));
  RETURN_IF_ERROR(session.Execute("set local statement_timeout = 0").status());
  RETURN_IF_ERROR(session.Execute("set local lock_timeout = 0").status());
  RETURN_IF_ERROR(session.SelectOne<std::string>("select pg_advisory_xact_lock(7101)").status());
  return session
      .SelectOne<std::string>("select set_config('lock_timeout', :timeout, true)",
                              std::get<0>(*lock_timeout))
      .status();
}

// Of what has been applied.
absl::Status MakeTable(Session& session, Engine engine) {
  RETURN_IF_ERROR(Lock(session, engine));
  return session
      .Execute("create table if not exists schema_migration ("
               "component text not null, name text not null, applied_time bigint not null, "
               "primary key (component, name))")
      .status();
}

absl::Status Apply(Session& session, Engine engine, const Migration& migration) {
  RETURN_IF_ERROR(Lock(session, engine));
  // Noting the step first makes a second process wait here, and then find it done.
  ASSIGN_OR_RETURN(const int64_t noted,
                   session.Execute("insert into schema_migration (component, name, applied_time) "
                                   "values (:component, :name, :applied_time) "
                                   "on conflict do nothing",
                                   migration.component, migration.name, ToMicros(absl::Now())));
  if (noted == 0) return absl::OkStatus();
  const bool other = engine == Engine::kPostgres && !migration.postgres_sql.empty();
  for (const std::string& statement :
       SplitStatements(other ? migration.postgres_sql : migration.sql)) {
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
  const Engine engine = database.engine();
  RETURN_IF_ERROR(
      database.WriteUnderLocks([&](Session& session) { return MakeTable(session, engine); }));
  for (const std::span<const Migration> component : components) {
    for (const Migration& migration : component) {
      absl::Status status = database.WriteUnderLocks(
          [&](Session& session) { return Apply(session, engine, migration); });
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
