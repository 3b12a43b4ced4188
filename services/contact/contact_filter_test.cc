#include "services/contact/contact_filter.h"

#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>

namespace portico::contact {
namespace {

std::string Shown(const Filter& filter);

std::string ShownParts(const char* name, const Filter& filter) {
  std::string text = absl::StrCat("(", name);
  for (const Filter& part : filter.parts) absl::StrAppend(&text, " ", Shown(part));
  return text + ")";
}

std::string Shown(const Comparison& comparison) {
  static constexpr const char* kFields[] = {
      "name", "email",       "phone",    "number",     "external", "account", "site",
      "tags", "portal_user", "unlinked", "invitation", "billing",  "created", "updated"};
  static constexpr const char* kSigns[] = {"=", ":", "<", "<=", ">", ">="};
  const std::string value =
      comparison.text.empty() && !comparison.is_prefix && comparison.number != 0
          ? absl::StrCat(comparison.number)
          : absl::StrCat("'", comparison.text, "'", comparison.is_prefix ? "*" : "");
  return absl::StrCat(kFields[static_cast<int>(comparison.field)],
                      kSigns[static_cast<int>(comparison.comparator)], value);
}

// The tree, as in "(and name='jo'* (not tags:'vip'))".
std::string Shown(const Filter& filter) {
  switch (filter.kind) {
    case Filter::Kind::kComparison:
      return Shown(filter.comparison);
    case Filter::Kind::kAnd:
      return ShownParts("and", filter);
    case Filter::Kind::kOr:
      return ShownParts("or", filter);
    case Filter::Kind::kNot:
      return ShownParts("not", filter);
  }
  return "";
}

std::string Parsed(std::string_view text) {
  const auto filter = ParseFilter("filter", text);
  return filter.ok() ? Shown(*filter) : std::string(filter.status().message());
}

}  // namespace

TEST_CASE("A filter's text is read into a tree", "[contact]") {
  struct Case {
    const char* text;
    const char* tree;
  };
  const auto [text, tree] = GENERATE(values<Case>({
      // Values.
      {R"(name = "jo*")", "name='jo'*"},
      {R"(name="Jo Doe")", "name='Jo Doe'"},
      {"name = jo*", "name='jo'*"},
      {"name = 'jo \"x\"'", R"(name='jo "x"')"},
      {R"(name = "a \"b\" \\ \*")", R"(name='a "b" \ *')"},
      {R"(name = "*")", "name=''*"},
      {R"(name = "")", "name=''"},
      {R"(name = "AND")", "name='AND'"},
      {"email = john@example.com", "email='john@example.com'"},
      {"name = -x", "name='-x'"},
      {R"(phone = "+1 (651) 555-01*")", "phone='165155501'*"},
      {R"(account_number = "49-41")", "number='49-41'"},
      {R"(external_id = "crm*")", "external='crm'*"},
      {R"(account_id = "acc_1")", "account='acc_1'"},
      {R"(site_id = "")", "site=''"},
      {R"(tags:"night shift")", "tags:'night shift'"},
      {"portal_user = true", "portal_user=1"},
      {"unlinked = false", "unlinked=''"},
      {"invitation_state = SENT", "invitation=2"},
      {"invitation_state = INVITATION_STATE_BOUNCED", "invitation=5"},
      {R"(billing_contact = "PRIMARY")", "billing=2"},
      {R"(create_time > "1970-01-01T00:00:01.5Z")", "created>1500000"},
      {"create_time <= 1970-01-01T01:00:01+01:00", "created<=1000000"},
      {R"(update_time < "1970-01-01T00:00:01Z")", "updated<1000000"},
      {R"(update_time >= "1970-01-01T00:00:01Z")", "updated>=1000000"},
      // Joined. OR binds tighter than AND.
      {"portal_user = true AND name = a", "(and portal_user=1 name='a')"},
      {"name = a AND name = b OR name = c AND name = d",
       "(and name='a' (or name='b' name='c') name='d')"},
      {"(name = a AND name = b) OR name = c", "(or (and name='a' name='b') name='c')"},
      {"( ( name = a ) )", "name='a'"},
      {"name = a AND(name = b)", "(and name='a' name='b')"},
      // Negated.
      {"NOT name = a", "(not name='a')"},
      {"-name = a", "(not name='a')"},
      {"NOT (name = a OR name = b)", "(not (or name='a' name='b'))"},
      {"name != a", "(not name='a')"},
      {"NOT name != a", "(not (not name='a'))"},
      {"NOT(NOT name = a)", "(not (not name='a'))"},
      {"- name = a AND name = b", "(and (not name='a') name='b')"},
  }));
  INFO(text);
  CHECK(Parsed(text) == tree);
}

TEST_CASE("An error in a filter says where it is and what is wanted there", "[contact]") {
  struct Case {
    const char* text;
    const char* error;
  };
  const auto [text, error] = GENERATE(values<Case>({
      {"", "filter: got the end at character 1, want a comparison of name, email, "},
      {"size = 1", R"(filter: got "size" at character 1, want a comparison of name, email, )"},
      {"name", "filter: got the end at character 5, want = or != after name"},
      {"name > a", R"(filter: got ">" at character 6, want = or != after name)"},
      {"name : a", R"(filter: got ":" at character 6, want = or != after name)"},
      {"name ~ a", R"(filter: got "~" at character 6, want = or != after name)"},
      {"tags = vip", R"(filter: got "=" at character 6, want : after tags)"},
      {"portal_user != true", R"(filter: got "!=" at character 13, want = after portal_user)"},
      {"create_time = x",
       R"(filter: got "=" at character 13, want <, <=, > or >= after create_time)"},
      {"name =", R"(filter: got the end at character 7, want text such as "jo*")"},
      {"name = )", R"x(filter: got ")" at character 8, want text such as "jo*")x"},
      {R"(name = "jo)",
       R"(filter: got the end at character 11, want " at the end of the text that begins at 8)"},
      {R"(name = "j*o")", R"(filter: got "*" at character 10, want a * only at the end of a text)"},
      {R"(name = "jo**")", R"(filter: got "*" at character 11, want a * only at the end of a)"},
      {"phone = abc", R"(filter: got "abc" at character 9, want the digits of a phone number)"},
      {"account_id = 7", R"(filter: got "7" at character 14, want the id of an account)"},
      {"account_id = acc_1*", R"(filter: got "acc_1*" at character 14, want the id of an acc)"},
      {"site_id = acc_1", R"(filter: got "acc_1" at character 11, want the id of a site)"},
      {R"(tags:"")", R"(filter: got "\"\"" at character 6, want a tag such as "vip")"},
      {"portal_user = 1", R"(filter: got "1" at character 15, want true or false)"},
      {"invitation_state = LOST",
       R"(filter: got "LOST" at character 20, want UNSPECIFIED, PENDING, SENT, )"},
      {"billing_contact = FIRST",
       R"(filter: got "FIRST" at character 19, want UNSPECIFIED, NONE, PRIMARY or SECONDARY)"},
      {"create_time > yesterday",
       R"(filter: got "yesterday" at character 15, want a time such as "2026-03-01T00:00:00Z")"},
      {"create_time > infinite-future", R"(filter: got "infinite-future" at character 15, want)"},
      {"name = a name = b", R"(filter: got "name" at character 10, want AND, OR or the end)"},
      {"name = a, name = b", R"(filter: got "name" at character 11, want AND, OR or the end)"},
      {"name = a and name = b", R"(filter: got "and" at character 10, want AND, OR or the end)"},
      {"name = a AND", "filter: got the end at character 13, want a comparison of "},
      {"(name = a", "filter: got the end at character 10, want AND, OR or )"},
      {"name = a)", R"x(filter: got ")" at character 9, want AND, OR or the end)x"},
      {"NOT NOT name = a", R"(filter: got "NOT" at character 5, want a comparison of )"},
      {"name = \"\u00E9\u00E9\" \u00FC", "filter: got \"\u00FC\" at character 13, want AND, OR or"},
  }));
  INFO(text);
  const std::string got = Parsed(text);
  CHECK_THAT(got, Catch::StartsWith(error));
}

TEST_CASE("A filter can neither be nested without end nor compare without end", "[contact]") {
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "name = a" + std::string(depth, ')');
  };
  CHECK(Parsed(nested(20)) == "name='a'");
  CHECK(Parsed(nested(21)) ==
        R"(filter: got "(" at character 21, want at most 20 parentheses inside one another)");
  std::string many = "name = a";
  for (int i = 1; i < 50; ++i) many += " OR name = a";
  CHECK(ParseFilter("filter", many).ok());
  CHECK_THAT(Parsed(many + " OR name = a"), Catch::EndsWith("want at most 50 comparisons"));
}

}  // namespace portico::contact
