#include "services/contact/contact_order.h"

#include <catch2/catch.hpp>

namespace portico::contact {

using Key = ContactOrder::Key;

TEST_CASE("An order is a field, rising or falling", "[contact]") {
  CHECK(ParseOrder("order_by", "").value() == ContactOrder{Key::kId, false});
  CHECK(ParseOrder("order_by", "id desc").value() == ContactOrder{Key::kId, true});
  CHECK(ParseOrder("order_by", "name").value() == ContactOrder{Key::kName, false});
  CHECK(ParseOrder("order_by", "  email   desc ").value() == ContactOrder{Key::kEmail, true});
  CHECK(ParseOrder("order_by", "account_number").value().key == Key::kAccountNumber);
  CHECK(ParseOrder("order_by", "create_time").value().key == Key::kCreateTime);
  CHECK(ParseOrder("order_by", "update_time desc").value().key == Key::kUpdateTime);
}

TEST_CASE("What is no order is refused", "[contact]") {
  for (const char* text : {"desc", "phone", "name asc", "name, email", "name desc desc", "NAME"}) {
    INFO(text);
    const absl::Status status = ParseOrder("order_by", text).status();
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(status.message()),
               Catch::Contains(std::string("order_by: got \"") + text + "\", want id, name, "));
  }
}

}  // namespace portico::contact
