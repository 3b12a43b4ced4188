#include "libs/storage/row_set.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <nlohmann/json.hpp>

namespace portico::storage {

RowSet::RowSet(std::string_view table, std::span<const std::string_view> columns) {
  const auto names = [&](const char* before) {
    return absl::StrJoin(columns, ", ", [before](std::string* out, std::string_view name) {
      absl::StrAppend(out, before, std::string(name));
    });
  };
  insert_into_ = absl::StrCat("insert into ", std::string(table), " (", names(""), ") ");
  insert_one_ = absl::StrCat(insert_into_, "values (", names(":"), ")");
}

void RowSet::AddValues(std::span<const Value> values) {
  std::vector<Cell>& row = rows_.emplace_back();
  row.reserve(values.size());
  for (const Value& value : values) row.push_back(ToCell(value));
}

Cell RowSet::ToCell(const Value& value) {
  return {.kind = value.kind,
          .null = value.null,
          .text = std::string(value.text),
          .integer = value.integer,
          .real = value.real};
}

std::vector<Value> RowSet::Arguments(const std::vector<Cell>& row) {
  std::vector<Value> values;
  values.reserve(row.size());
  for (const Cell& cell : row) {
    values.push_back({.kind = cell.kind,
                      .null = cell.null,
                      .text = cell.text,
                      .integer = cell.integer,
                      .real = cell.real});
  }
  return values;
}

std::string RowSet::InsertAllFromJson() const {
  std::string sql = absl::StrCat(insert_into_, "select ");
  for (size_t i = 0; i < rows_.front().size(); ++i) {
    const ValueKind kind = rows_.front()[i].kind;
    const std::string column = absl::StrCat("value ->> ", i);
    absl::StrAppend(
        &sql, i > 0 ? ", " : "",
        kind == ValueKind::kText
            ? column
            : absl::StrCat("cast(", column, " as ",
                           kind == ValueKind::kInteger ? "bigint)" : "double precision)"));
  }
  return absl::StrCat(sql,
                      " from jsonb_array_elements(cast(:rows as jsonb)) with ordinality "
                      "order by ordinality");
}

std::string RowSet::Json() const {
  nlohmann::json all = nlohmann::json::array();
  for (const std::vector<Cell>& row : rows_) {
    nlohmann::json& cells = all.emplace_back(nlohmann::json::array());
    for (const Cell& cell : row) {
      if (cell.null) {
        cells.emplace_back(nullptr);
      } else if (cell.kind == ValueKind::kText) {
        cells.emplace_back(cell.text);
      } else if (cell.kind == ValueKind::kInteger) {
        cells.emplace_back(cell.integer);
      } else {
        cells.emplace_back(cell.real);
      }
    }
  }
  // What is no UTF-8 the database would refuse; it is refused at the edge already.
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace portico::storage
