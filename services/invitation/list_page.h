#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/storage/message_table.h"
#include "libs/storage/page_token.h"
#include "libs/storage/request_log.h"

namespace portico::invitation {

enum class Order { kByIdRising, kByIdFalling };

// The conditions of a list: rows whose columns have these values.
class Filter {
 public:
  // Nothing is asked of the column when `value` is empty or zero. `value` is borrowed.
  template <class T>
  void Add(std::string_view column, const T& value) {
    const storage::Value bound = storage::ToValue(value);
    if (bound.text.empty() && bound.integer == 0) return;
    AddCondition(column, "=", bound);
  }
  void AddCondition(std::string_view column, std::string_view comparison,
                    const storage::Value& value) {
    absl::StrAppend(&sql_, sql_.empty() ? "where " : " and ", std::string(column), " ",
                    std::string(comparison), " :", std::string(column));
    values_.push_back(value);
  }

  const std::string& sql() const { return sql_; }
  const std::vector<storage::Value>& values() const { return values_; }

 private:
  std::string sql_;
  std::vector<storage::Value> values_;
};

// Reads the page that `request` asks for into `rows` and answers the token of
// the next page. Request is a list request with page_size and page_token.
template <class Row, class Request>
absl::StatusOr<std::string> ReadPage(storage::Session& session, const storage::Table<Row>& table,
                                     Filter filter, Order order, const Request& request,
                                     google::protobuf::RepeatedPtrField<Row>& rows) {
  constexpr int kDefaultSize = 50;
  const int size = request.page_size() == 0 ? kDefaultSize : request.page_size();
  Request query = request;
  query.clear_page_size();
  query.clear_page_token();
  const std::string fingerprint = storage::Fingerprint(query);
  ASSIGN_OR_RETURN(const std::vector<std::string> key,
                   storage::DecodePageToken(request.page_token(), fingerprint));
  const bool falling = order == Order::kByIdFalling;
  if (!key.empty()) filter.AddCondition("id", falling ? "<" : ">", storage::ToValue(key.front()));

  std::vector<storage::Value> values = filter.values();
  values.push_back(storage::ToValue(size + 1));
  ASSIGN_OR_RETURN(std::vector<Row> found,
                   table.ListValues(session,
                                    absl::StrCat(filter.sql(), " order by id",
                                                 falling ? " desc" : "", " limit :size"),
                                    values));
  if (found.size() <= static_cast<size_t>(size)) {
    rows.Add(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return "";
  }
  found.pop_back();
  const std::string last = found.back().id();
  rows.Add(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return storage::EncodePageToken({&last, 1}, fingerprint);
}

}  // namespace portico::invitation
