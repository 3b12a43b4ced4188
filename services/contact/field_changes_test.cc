#include "services/contact/field_changes.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace portico::contact {
namespace {

std::vector<std::string> Texts(const v1::Contact& before, const v1::Contact& after) {
  std::vector<std::string> texts;
  for (const v1::FieldChange& change : FieldChanges(before, after)) {
    texts.push_back(change.field() + ": " + change.old_value() + " -> " + change.new_value());
  }
  return texts;
}

}  // namespace

TEST_CASE("Changes of a contact are told field by field, as people read them", "[contact]") {
  v1::Contact before;
  before.mutable_name()->set_display("John");
  before.set_email("john@example.com");
  before.add_tags("a");
  v1::Contact after = before;
  CHECK(Texts(before, after).empty());

  after.mutable_name()->set_display("John Doe");
  after.clear_email();
  after.add_tags("b");
  v1::Phone& phone = *after.add_phones();
  phone.set_kind(v1::PHONE_KIND_MOBILE);
  phone.set_number("555 0100");
  phone.set_extension("7");
  after.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  after.set_mobile_opt_out(true);
  // What changes with every version, or is told by others, is no news.
  after.set_etag("2");
  after.mutable_update_time()->set_seconds(7);
  after.mutable_portal()->set_is_portal_user(true);
  CHECK(Texts(before, after) == std::vector<std::string>{
                                    "name.display: John -> John Doe",
                                    "email: john@example.com -> ",
                                    "phones:  -> mobile 555 0100 x7",
                                    "billing_contact:  -> primary",
                                    "mobile_opt_out: no -> yes",
                                    "tags: a -> a, b",
                                });
}

}  // namespace portico::contact
