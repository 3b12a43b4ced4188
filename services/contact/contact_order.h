#pragma once

#include <absl/status/statusor.h>

#include <string_view>

namespace portico::contact {

// What contacts are listed by; those that are alike in it, by id.
struct ContactOrder {
  enum class Key { kId, kName, kEmail, kAccountNumber, kCreateTime, kUpdateTime };

  Key key = Key::kId;
  bool falling = false;

  bool operator==(const ContactOrder&) const = default;
};

// Reads ListContactsRequest.order_by. `field` is where it stands in the request.
// INVALID_ARGUMENT: it is none.
absl::StatusOr<ContactOrder> ParseOrder(std::string_view field, std::string_view text);

}  // namespace portico::contact
