#include "services/contact/search_words.h"

#include <absl/strings/str_join.h>

#include <catch2/catch.hpp>

namespace portico::contact {
namespace {

std::string Query(std::string_view text) { return absl::StrJoin(QueryWords(text), " "); }
std::string Number(std::string_view text) { return absl::StrJoin(NumberWords(text), " "); }

v1::Contact Named(const std::string& name) {
  v1::Contact contact;
  contact.mutable_name()->set_display(name);
  return contact;
}

}  // namespace

TEST_CASE("A contact is found by every word of what it is known by", "[contact]") {
  v1::Contact contact = Named("Dr. J\u00F6rg M\u00FCller");
  contact.mutable_name()->set_first("J\u00F6rg");
  contact.mutable_name()->set_last("M\u00FCller-Maier");
  contact.set_title("Head of Billing");
  contact.set_email("jorg.m@sub.example.com");
  contact.set_email2("jm@example.org");
  contact.add_tags("Night Shift");
  CHECK(SearchText(contact) ==
        " dr jorg muller maier head of billing m sub example com jm org night shift "
        "#night%20%shift ");
}

TEST_CASE("A contact is not found by its note", "[contact]") {
  v1::Contact contact = Named("Jo");
  contact.set_note("difficult");
  CHECK(SearchText(contact) == " jo ");
}

TEST_CASE("A phone number is found from each group of its digits on", "[contact]") {
  v1::Contact contact = Named("Jo");
  v1::Phone& phone = *contact.add_phones();
  phone.set_number("+1 (651) 555-0100");
  phone.set_extension("42");
  CHECK(SearchText(contact) ==
        " jo 1 16515550100 651 6515550100 555 5550100 0100 42 +16515550100 ");
}

TEST_CASE("A word with an apostrophe is found with and without it", "[contact]") {
  CHECK(SearchText(Named("O'Brien")) == " o obrien brien ");
  CHECK(SearchText(Named("D\u2019Arc")) == " d darc arc ");
}

TEST_CASE("Numbers that one sign parts are also one", "[contact]") {
  CHECK(SearchText(Named("a 12-34.5 6 7")) == " a 12 12345 34 345 5 6 7 ");
}

TEST_CASE("A contact without any word has no text", "[contact]") {
  CHECK(SearchText(v1::Contact()).empty());
  CHECK(SearchText(Named("!")).empty());
}

TEST_CASE("An account's number is found by its parts, and as a whole", "[contact]") {
  CHECK(Number("4941") == "4941");
  CHECK(Number("AC-49 41") == "ac ac4941 49 4941 41");
  CHECK(Number("").empty());
}

TEST_CASE("A quick search asks for words", "[contact]") {
  CHECK(Query("  John   d\u00F6 ") == "john do");
  CHECK(Query("john@exam") == "john exam");
  CHECK(Query("john John") == "john");
  CHECK(Query("O'Br") == "o br");
  CHECK(Query("- @ !").empty());
  CHECK(Query("").empty());
}

TEST_CASE("A quick search takes a phone number however it is written", "[contact]") {
  CHECK(Query("651-555") == "651555");
  CHECK(Query("(651) 555-0100") == "6515550100");
  CHECK(Query("+1 651 555 0100") == "16515550100");
  CHECK(Query("4941 651") == "4941 651");
  CHECK(Query("jo 555-0100") == "jo 5550100");
}

TEST_CASE("Tags that differ have words that differ", "[contact]") {
  CHECK(TagWord("VIP") == "#vip");
  CHECK(TagWord("a b") != TagWord("a_b"));
  CHECK(TagWord("a b") != TagWord("ab"));
  CHECK(TagWord("a%20%b") != TagWord("a b"));
  CHECK(TagWord("\u00E9") == "#e");
}

}  // namespace portico::contact
