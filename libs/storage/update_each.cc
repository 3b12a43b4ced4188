#include "libs/storage/update_each.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <string>

#include "libs/base/status_macros.h"

namespace portico::storage {
namespace {

const char* TypeOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return "text";
    case ValueKind::kInteger:
      return "bigint";
    case ValueKind::kReal:
      return "double precision";
  }
  return "text";
}

}  // namespace

absl::Status UpdateEach(Session& session, const RowSet& rows, const char* update) {
  if (rows.empty()) return absl::OkStatus();
  if (session.is_remote()) {
    std::string values;
    for (size_t i = 0; i < rows.rows().front().size(); ++i) {
      absl::StrAppend(&values, i > 0 ? ", " : "", "cast(value ->> ", i, " as ",
                      TypeOf(rows.rows().front()[i].kind), ") as v", i);
    }
    const std::string from = absl::StrCat(
        "from (select ", values, " from jsonb_array_elements(cast(:rows as jsonb))) as change ");
    return session
        .Execute(absl::StrReplaceAll(update, {{"$from", from}, {"$", "change.v"}}), rows.Json())
        .status();
  }
  const std::string sql = absl::StrReplaceAll(update, {{"$from", ""}, {"$", ":v"}});
  for (const auto& row : rows.rows()) {
    RETURN_IF_ERROR(session.ExecuteValues(sql, RowSet::Arguments(row)).status());
  }
  return absl::OkStatus();
}

}  // namespace portico::storage
