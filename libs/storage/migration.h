#pragma once

#include <string_view>

namespace portico::storage {

// One step of a component's schema, compiled in from migrations/NNNN_name.sql
// (tools/cmake/Migrations.cmake). Steps are applied in order, each once and in
// a transaction of its own. A step that has been released never changes, and
// each schema works with the release before it as well.
struct Migration {
  std::string_view component;  // "account"
  std::string_view name;       // "0001_account"
  std::string_view sql;        // Statements ended by semicolons, see SplitStatements.
  // What PostgreSQL runs instead, from NNNN_name.postgres.sql; "" where it needs nothing else.
  std::string_view postgres_sql = "";
};

}  // namespace portico::storage
