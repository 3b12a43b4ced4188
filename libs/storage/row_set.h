#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/value.h"

namespace portico::storage {

// Rows that Session::InsertRows writes at once.
class RowSet {
 public:
  RowSet(std::string_view table, std::span<const std::string_view> columns);
  RowSet(std::string_view table, std::initializer_list<std::string_view> columns)
      : RowSet(table, std::span(columns.begin(), columns.size())) {}

  // A value for each column. Texts are copied.
  template <class... Cells>
  void Add(const Cells&... cells) {
    std::vector<Cell>& row = rows_.emplace_back();
    row.reserve(sizeof...(Cells));
    (row.push_back(ToCell(ToValue(cells))), ...);
  }
  void AddValues(std::span<const Value> values);

  bool empty() const { return rows_.empty(); }
  const std::vector<std::vector<Cell>>& rows() const { return rows_; }

  // "insert into t (a, b) values (:a, :b)", for a row.
  const std::string& insert_one() const { return insert_one_; }
  // For all, in their order, which are one argument: what Json() answers.
  std::string InsertAllFromJson() const;
  std::string Json() const;

  // The values of a row, which borrow from it.
  static std::vector<Value> Arguments(const std::vector<Cell>& row);

 private:
  static Cell ToCell(const Value& value);

  std::string insert_into_;
  std::string insert_one_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace portico::storage
