#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "libs/storage/value.h"
#include "portico/contact/v1/contact.pb.h"

namespace portico::contact {

// A page of the contacts that match a request, in the order of their ids.
class ContactQuery {
 public:
  // INVALID_ARGUMENT: the token was given out for other filters.
  static absl::StatusOr<ContactQuery> Parse(const v1::ListContactsRequest& request);

  // "where … order by id limit :limit", for one row more than the page holds, so
  // that it shows whether there is another page.
  const std::string& rest() const { return rest_; }
  std::vector<storage::Value> Arguments() const;

  size_t page_size() const { return page_size_; }
  std::string TokenAfter(const std::string& last_id) const;

 private:
  ContactQuery() = default;

  void Add(std::string condition, std::string value);

  size_t page_size_ = 0;
  std::vector<std::string> values_;
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

}  // namespace portico::contact
