#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/value.h"

namespace portico::account {

// Only rows with this value in this column; all when the value is empty.
struct Filter {
  std::string_view column, value;
};

// A page of a table's rows in the order of their ids. It borrows the filters.
class PageQuery {
 public:
  // `page_size` 0 stands for 50. INVALID_ARGUMENT: the token was given out for
  // another table or other filters.
  static absl::StatusOr<PageQuery> Parse(std::string_view table, std::span<const Filter> filters,
                                         int32_t page_size, std::string_view page_token);

  // "where … order by id limit :limit", for one row more than the page holds, so
  // that it shows whether there is another page.
  const std::string& rest() const { return rest_; }
  std::vector<storage::Value> Arguments() const;

  size_t page_size() const { return page_size_; }
  std::string TokenAfter(const std::string& last_id) const;

 private:
  PageQuery() = default;

  std::span<const Filter> filters_;
  size_t page_size_ = 0;
  std::string after_;
  std::string fingerprint_;
  std::string rest_;
};

// A part of a list of ids, as a condition on the key of a table.
struct IdPortion {
  std::vector<std::string> ids;
  std::string where;  // "where id in (:id0, :id1, …)"

  std::vector<storage::Value> Arguments() const;
};

// Cuts the ids, each taken once, into portions whose sizes are few, so that their
// statements stay prepared; what lacks at the end is filled by repetition.
std::vector<IdPortion> InPortions(std::vector<std::string> ids);

}  // namespace portico::account
