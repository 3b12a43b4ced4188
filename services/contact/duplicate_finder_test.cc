#include "services/contact/duplicate_finder.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace portico::contact {
namespace {

v1::Contact Person(const std::string& id, const std::string& name, const std::string& email = "",
                   const std::string& phone = "") {
  v1::Contact contact;
  contact.set_id(id);
  contact.mutable_name()->set_display(name);
  contact.set_email(email);
  if (!phone.empty()) contact.add_phones()->set_number(phone);
  return contact;
}

}  // namespace

TEST_CASE("Duplicates are told with their reasons, the likeliest first", "[duplicates]") {
  const std::vector<v1::Contact> contacts = {
      Person("con_1", "John Doe", "john@example.com", "+1 (612) 555-0100"),
      Person("con_2", "Doe, John", "JOHN@example.com"),
      Person("con_3", "Jon Doe", "", "612 555 0100"),
      Person("con_4", "Mary Major", "mary@example.com", "612 555 0199"),
  };
  const auto pairs = FindDuplicates(contacts, 10);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].first().id() == "con_1");
  CHECK(pairs[0].second().id() == "con_2");
  CHECK(pairs[0].score() == 80);
  REQUIRE(pairs[0].reasons_size() == 2);
  CHECK(pairs[0].reasons(0) == v1::DUPLICATE_REASON_SAME_EMAIL);
  CHECK(pairs[0].reasons(1) == v1::DUPLICATE_REASON_SIMILAR_NAME);
  CHECK(pairs[1].first().id() == "con_1");
  CHECK(pairs[1].second().id() == "con_3");
  CHECK(pairs[1].score() == 50);
  CHECK(FindDuplicates(contacts, 1).size() == 1);
}

TEST_CASE("Who has but a first name or a short number in common is no duplicate", "[duplicates]") {
  CHECK(FindDuplicates({Person("con_1", "John Doe", "", "911"), Person("con_2", "John Smith", "", "911")},
                       10)
            .empty());
}

TEST_CASE("What all of an account share makes no pairs of all", "[duplicates]") {
  std::vector<v1::Contact> contacts;
  for (int i = 0; i < 5000; ++i) {
    contacts.push_back(Person("con_" + std::to_string(i), "Person Number" + std::to_string(i * 7919),
                              "p" + std::to_string(i) + "@example.com", "612 555 0100"));
  }
  CHECK(FindDuplicates(contacts, 1000).empty());
}

}  // namespace portico::contact
