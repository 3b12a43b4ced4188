#include "libs/storage/statement.h"

#include <algorithm>
#include <string>

#include "libs/storage/sql_text.h"

namespace portico::storage {

Statement::Statement(soci::session& session, std::string_view sql,
                     std::span<const Value> arguments, std::span<const ValueKind> columns)
    : arguments_(arguments.size()), columns_(columns.size()), statement_(session) {
  // By name, because SQLite counts a repeated placeholder once and PostgreSQL each time.
  const std::vector<std::string> names = PlaceholderNames(sql);
  if (names.size() != arguments.size()) {
    throw soci::soci_error("got " + std::to_string(arguments.size()) + " arguments, want " +
                           std::to_string(names.size()));
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    Cell& cell = arguments_.cells[i];
    soci::indicator& indicator = arguments_.indicators[i];
    cell.kind = arguments[i].kind;
    switch (cell.kind) {
      case ValueKind::kText:
        statement_.exchange(soci::use(cell.text, indicator, names[i]));
        break;
      case ValueKind::kInteger:
        statement_.exchange(soci::use(cell.integer, indicator, names[i]));
        break;
      case ValueKind::kReal:
        statement_.exchange(soci::use(cell.real, indicator, names[i]));
        break;
    }
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    Cell& cell = columns_.cells[i];
    soci::indicator& indicator = columns_.indicators[i];
    cell.kind = columns[i];
    switch (cell.kind) {
      case ValueKind::kText: statement_.exchange(soci::into(cell.text, indicator)); break;
      case ValueKind::kInteger: statement_.exchange(soci::into(cell.integer, indicator)); break;
      case ValueKind::kReal: statement_.exchange(soci::into(cell.real, indicator)); break;
    }
  }
  statement_.alloc();
  statement_.prepare(std::string(sql));
  statement_.define_and_bind();
}

bool Statement::Fits(std::span<const Value> arguments, std::span<const ValueKind> columns) const {
  return std::ranges::equal(arguments_.cells, arguments, {}, &Cell::kind, &Value::kind) &&
         std::ranges::equal(columns_.cells, columns, {}, &Cell::kind);
}

bool Statement::Execute(std::span<const Value> arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Value& argument = arguments[i];
    Cell& cell = arguments_.cells[i];
    arguments_.indicators[i] = argument.null ? soci::i_null : soci::i_ok;
    cell.text.assign(argument.text);
    cell.integer = argument.integer;
    cell.real = argument.real;
  }
  const bool row = statement_.execute(true);
  if (row) NoteNulls();
  return row;
}

bool Statement::Fetch() {
  const bool row = statement_.fetch();
  if (row) NoteNulls();
  return row;
}

void Statement::NoteNulls() {
  for (size_t i = 0; i < columns_.cells.size(); ++i) {
    columns_.cells[i].null = columns_.indicators[i] == soci::i_null;
  }
}

}  // namespace portico::storage
