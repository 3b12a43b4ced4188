#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "libs/storage/value.h"

namespace portico::storage {

// A prepared statement with a slot for each argument and column. SOCI binds
// them once, to addresses that stay, which makes a run three to four times as
// fast as binding anew. Throws soci::soci_error; after that it is of no use.
class Statement {
 public:
  Statement(soci::session& session, std::string_view sql, std::span<const Value> arguments,
            std::span<const ValueKind> columns);

  // Whether its slots have the kinds of these arguments and columns.
  bool Fits(std::span<const Value> arguments, std::span<const ValueKind> columns) const;

  // Both answer whether cells() holds a row now. After the last row the
  // statement is at rest; before, it keeps its snapshot open.
  bool Execute(std::span<const Value> arguments);
  bool Fetch();

  std::span<const Cell> cells() const { return columns_.cells; }
  int64_t ChangedRows() { return statement_.get_affected_rows(); }

 private:
  struct Slots {
    explicit Slots(size_t size) : cells(size), indicators(size, soci::i_ok) {}
    std::vector<Cell> cells;
    std::vector<soci::indicator> indicators;
  };

  void NoteNulls();

  Slots arguments_;
  Slots columns_;
  soci::statement statement_;  // Last, as it points into the slots.
};

}  // namespace portico::storage
