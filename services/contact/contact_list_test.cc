#include "services/contact/contact_list.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>

#include "libs/testing/sqlite_steps.h"
#include "services/contact/contact_fixture.h"
#include "services/contact/contact_index.h"
#include "services/contact/folded_text.h"
#include "services/contact/search_words.h"

namespace portico::contact {
namespace {

using google::protobuf::util::TimeUtil;
using Names = std::vector<std::string>;

struct ListFixture : ContactFixture {
  ListFixture() {
    for (const auto& [id, number] : std::map<std::string, std::string>{
             {"acc_gym", "AC-4941"}, {"acc_cafe", "4942"}, {"acc_spa", "ac-77"}}) {
      account::v1::Account account;
      account.set_id(id);
      account.set_number(number);
      account.set_invoice_delivery(account::v1::INVOICE_DELIVERY_EMAIL);
      Write([&](storage::Session& session) { return directory.Save(session, account); });
    }
  }

  template <class Work>
  void Write(Work work) {
    REQUIRE(database->Write(work).ok());
  }

  v1::Contact Add(const std::string& name, const std::string& account = "acc_gym",
                  std::function<void(v1::Contact&)> change = nullptr) {
    v1::Contact contact = NewContact("");
    contact.mutable_name()->set_display(name);
    contact.set_account_id(account);
    if (change) change(contact);
    clock.Advance(absl::Seconds(1));
    return Create(contact).value();
  }

  // The names of the contacts that a request lists.
  Names Listed(const v1::ListContactsRequest& request) {
    const auto response = Call<v1::ListContactsResponse>(request);
    if (!response.ok()) return {std::string(response.status().message())};
    Names names;
    for (const v1::Contact& contact : response->contacts()) {
      names.push_back(contact.name().display());
    }
    return names;
  }

  Names Filtered(const std::string& filter, const std::string& order_by = "") {
    v1::ListContactsRequest request;
    request.set_filter(filter);
    request.set_order_by(order_by);
    return Listed(request);
  }

  Names Found(const std::string& query) {
    v1::ListContactsRequest request;
    request.set_query(query);
    return Listed(request);
  }

  ContactIndex index{*database, rows.table(), /*least=*/1};
};

// A condition by which the answers of the databases are checked.
bool Holds(const Comparison& comparison, const v1::Contact& contact, const std::string& number) {
  const auto matches = [&](const std::string& value) {
    return comparison.is_prefix ? absl::StartsWith(value, comparison.text)
                                : value == comparison.text;
  };
  const auto folded = [&](const std::string& value) {
    return comparison.is_prefix ? absl::StartsWith(Folded(value), Folded(comparison.text))
                                : Folded(value) == Folded(comparison.text);
  };
  const auto compared = [&](const google::protobuf::Timestamp& time) {
    const int64_t micros = TimeUtil::TimestampToMicroseconds(time);
    switch (comparison.comparator) {
      case Comparator::kLess:
        return micros < comparison.number;
      case Comparator::kLessOrEquals:
        return micros <= comparison.number;
      case Comparator::kGreater:
        return micros > comparison.number;
      default:
        return micros >= comparison.number;
    }
  };
  switch (comparison.field) {
    case FilterField::kName:
      return folded(contact.name().display());
    case FilterField::kEmail:
      return folded(contact.email());
    case FilterField::kPhone:
      return std::ranges::any_of(contact.phones(), [&](const v1::Phone& phone) {
        return matches(DigitsOf(phone.number()));
      });
    case FilterField::kAccountNumber:
      return folded(number);
    case FilterField::kExternalId:
      return folded(contact.external_id());
    case FilterField::kAccountId:
      return contact.account_id() == comparison.text;
    case FilterField::kSiteId:
      return contact.site_id() == comparison.text;
    case FilterField::kTags:
      return std::ranges::any_of(contact.tags(), folded);
    case FilterField::kPortalUser:
      return contact.portal().is_portal_user() == (comparison.number == 1);
    case FilterField::kUnlinked:
      return contact.has_unlink_time() == (comparison.number == 1);
    case FilterField::kInvitationState:
      return contact.portal().invitation_state() == comparison.number;
    case FilterField::kBillingContact:
      return std::max<int>(contact.billing_contact(), 1) == std::max<int64_t>(comparison.number, 1);
    case FilterField::kCreateTime:
      return compared(contact.create_time());
    case FilterField::kUpdateTime:
      return compared(contact.update_time());
    case FilterField::kWord:
    case FilterField::kOwnWord:
      return absl::StrContains(SearchText(contact), " " + comparison.text) ||
             absl::StrContains(TextOfWords(NumberWords(number)), " " + comparison.text);
  }
  return false;
}

bool Holds(const Filter& filter, const v1::Contact& contact, const std::string& number) {
  const auto holds = [&](const Filter& part) { return Holds(part, contact, number); };
  switch (filter.kind) {
    case Filter::Kind::kComparison:
      return Holds(filter.comparison, contact, number);
    case Filter::Kind::kAnd:
      return std::ranges::all_of(filter.parts, holds);
    case Filter::Kind::kOr:
      return std::ranges::any_of(filter.parts, holds);
    case Filter::Kind::kNot:
      return !holds(filter.parts.front());
  }
  return false;
}

}  // namespace

TEST_CASE_METHOD(ListFixture, "A filter compares each of its fields", "[contact]") {
  Add("\u00C9va", "acc_gym", [](v1::Contact& contact) {
    contact.set_email("Eva@example.com");
    contact.set_external_id("CRM-1");
    contact.set_site_id("sit_downtown");
    contact.add_phones()->set_number("+1 651 555 0100");
    contact.add_tags("VIP");
    contact.add_tags("night shift");
    contact.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  });
  const v1::Contact bob = Add("Bob", "acc_cafe", [](v1::Contact& contact) {
    contact.set_email("bob@example.org");
    contact.set_external_id("crm-22");
    contact.add_phones()->set_number("651-555-0199");
    contact.set_billing_contact(v1::BILLING_CONTACT_NONE);
  });
  Write(
      [&](storage::Session& session) { return SavePortalUser(session, bob.id(), "usr_1", "bob"); });
  Write([&](storage::Session& session) {
    return SaveInvitationState(session, bob.id(), "inv_1",
                               invitation::v1::INVITATION_STATE_ACCEPTED);
  });
  const Names eva = {"\u00C9va"};
  const Names only_bob = {"Bob"};
  const Names both = {"\u00C9va", "Bob"};
  CHECK(Filtered("name = eva") == eva);
  CHECK(Filtered("name = E*") == eva);
  CHECK(Filtered("name != \"\u00C9VA\"") == only_bob);
  CHECK(Filtered("name = \"*\"") == both);
  CHECK(Filtered("email = EVA@example.com") == eva);
  CHECK(Filtered("email = bob@*") == only_bob);
  CHECK(Filtered("phone = \"1 651 555 0100\"") == eva);
  CHECK(Filtered("phone = 651555*") == only_bob);
  CHECK(Filtered("phone != 6515550199") == eva);
  CHECK(Filtered("account_number = ac-4941") == eva);
  CHECK(Filtered("account_number = 49*") == only_bob);
  CHECK(Filtered("external_id = crm-1") == eva);
  CHECK(Filtered("external_id = Crm-*") == both);
  CHECK(Filtered("external_id = \"\"").empty());
  CHECK(Filtered("account_id = acc_cafe") == only_bob);
  CHECK(Filtered("account_id != acc_cafe") == eva);
  CHECK(Filtered("site_id = sit_downtown") == eva);
  CHECK(Filtered("site_id = \"\"") == only_bob);
  CHECK(Filtered("tags:vip") == eva);
  CHECK(Filtered("tags:\"Night Shift\"") == eva);
  CHECK(Filtered("tags:night").empty());
  CHECK(Filtered("NOT tags:vip") == only_bob);
  CHECK(Filtered("portal_user = true") == only_bob);
  CHECK(Filtered("portal_user = false") == eva);
  CHECK(Filtered("invitation_state = ACCEPTED") == only_bob);
  CHECK(Filtered("invitation_state = UNSPECIFIED") == eva);
  CHECK(Filtered("billing_contact = PRIMARY") == eva);
  CHECK(Filtered("billing_contact = NONE") == only_bob);
  CHECK(Filtered("billing_contact != PRIMARY") == only_bob);
  const std::string created = TimeUtil::ToString(bob.create_time());
  CHECK(Filtered("create_time < " + created) == eva);
  CHECK(Filtered("create_time <= " + created) == both);
  CHECK(Filtered("create_time >= " + created) == only_bob);
  CHECK(Filtered("create_time > " + created).empty());
  CHECK(Filtered("update_time < " + created) == eva);
  CHECK(Filtered("update_time >= " + created) == only_bob);
  CHECK(Filtered("portal_user = true AND name = Bob OR name = eva") == only_bob);
  CHECK(Filtered("name = bob OR account_number = AC-4941") == both);
}

TEST_CASE_METHOD(ListFixture, "A list can be sorted by each field, both ways", "[contact]") {
  Add("bob", "acc_gym", [](v1::Contact& contact) { contact.set_email("z@example.com"); });
  const v1::Contact eva =
      Add("\u00C9va", "acc_cafe", [](v1::Contact& contact) { contact.set_email("Y@example.com"); });
  Add("Dave", "acc_spa");
  Add("Bob", "acc_cafe", [](v1::Contact& contact) { contact.set_email("a@example.com"); });
  v1::Contact patch = eva;
  patch.set_title("Owner");
  clock.Advance(absl::Seconds(1));
  REQUIRE(Update(patch, "title").ok());

  CHECK(Filtered("", "") == Names{"bob", "\u00C9va", "Dave", "Bob"});
  CHECK(Filtered("", "id desc") == Names{"Bob", "Dave", "\u00C9va", "bob"});
  CHECK(Filtered("", "create_time desc") == Names{"Bob", "Dave", "\u00C9va", "bob"});
  CHECK(Filtered("", "name") == Names{"bob", "Bob", "Dave", "\u00C9va"});
  CHECK(Filtered("", "name desc") == Names{"\u00C9va", "Dave", "Bob", "bob"});
  CHECK(Filtered("", "email") == Names{"Dave", "Bob", "\u00C9va", "bob"});
  CHECK(Filtered("", "account_number") == Names{"\u00C9va", "Bob", "bob", "Dave"});
  CHECK(Filtered("", "account_number desc") == Names{"Dave", "bob", "Bob", "\u00C9va"});
  CHECK(Filtered("", "update_time") == Names{"bob", "Dave", "Bob", "\u00C9va"});
  CHECK(Filtered("", "phone") ==
        Names{"order_by: got \"phone\", want id, name, email, account_number, create_time or "
              "update_time, with \" desc\" behind it for falling"});
}

TEST_CASE_METHOD(ListFixture, "A sorted list can be paged through while contacts change",
                 "[contact]") {
  std::vector<v1::Contact> contacts;
  for (const char* name : {"a", "b", "c", "d", "d", "e", "f"}) contacts.push_back(Add(name));
  v1::ListContactsRequest request;
  request.set_order_by("name");
  request.set_page_size(3);
  const auto next = [&] {
    const auto response = Call<v1::ListContactsResponse>(request).value();
    request.set_page_token(response.next_page_token());
    Names names;
    for (const v1::Contact& contact : response.contacts()) {
      names.push_back(contact.name().display());
    }
    return names;
  };
  const auto rename = [&](size_t which, const char* name) {
    contacts[which].mutable_name()->set_display(name);
    REQUIRE(Update(contacts[which], "name.display").ok());
  };
  CHECK(next() == Names{"a", "b", "c"});
  rename(2, "z");   // The last one of that page: what follows stays what follows.
  rename(6, "aa");  // To before it.
  Add("bb");
  Add("dd");
  CHECK(next() == Names{"d", "d", "dd"});
  CHECK(next() == Names{"e", "z"});
  CHECK(request.page_token().empty());
}

TEST_CASE_METHOD(ListFixture, "A page token belongs to its filter, search and order", "[contact]") {
  for (const char* name : {"Jo a", "Jo b", "Jo c"}) Add(name);
  v1::ListContactsRequest request;
  request.set_page_size(1);
  request.set_filter("name = jo*");
  request.set_query("jo");
  request.set_order_by("name");
  request.set_page_token(Call<v1::ListContactsResponse>(request).value().next_page_token());
  REQUIRE_FALSE(request.page_token().empty());
  request.set_page_size(2);
  CHECK(Listed(request) == Names{"Jo b", "Jo c"});
  v1::ListContactsRequest other = request;
  other.set_filter("name = j*");
  CHECK(FieldsOf(Call<v1::ListContactsResponse>(other).status()) == Names{"page_token"});
  other = request;
  other.set_query("j");
  CHECK(FieldsOf(Call<v1::ListContactsResponse>(other).status()) == Names{"page_token"});
  other = request;
  other.set_order_by("name desc");
  CHECK(FieldsOf(Call<v1::ListContactsResponse>(other).status()) == Names{"page_token"});
}

TEST_CASE_METHOD(ListFixture, "Contacts that were unlinked are listed only where a filter asks",
                 "[contact]") {
  const v1::Contact kept = Add("Kept");
  const v1::Contact unlinked = Add("Unlinked");
  const v1::Contact erased = Add("Erased");
  const v1::Contact loser = Add("Loser");
  v1::UnlinkContactRequest unlink;
  unlink.set_id(unlinked.id());
  REQUIRE(Call<v1::UnlinkContactResponse>(unlink).ok());
  v1::EraseContactRequest erase;
  erase.set_id(erased.id());
  REQUIRE(Call<v1::EraseContactResponse>(erase).ok());
  v1::MergeContactsRequest merge;
  merge.set_id(kept.id());
  merge.set_loser_id(loser.id());
  REQUIRE(Call<v1::MergeContactsResponse>(merge).ok());

  CHECK(Filtered("") == Names{"Kept"});
  CHECK(Filtered("unlinked = false") == Names{"Kept"});
  CHECK(Filtered("unlinked = true") == Names{"Unlinked", ""});
  CHECK(Filtered("unlinked = true OR unlinked = false") == Names{"Kept", "Unlinked", ""});
  CHECK(Filtered("unlinked = true AND name = unlinked") == Names{"Unlinked"});
  CHECK(Found("unlinked").empty());
  CHECK(Found("erased").empty());
  CHECK(Found("loser").empty());
}

TEST_CASE_METHOD(ListFixture, "A quick search finds by the beginnings of words", "[contact]") {
  Add("J\u00F6rg M\u00FCller", "acc_gym", [](v1::Contact& contact) {
    contact.set_title("Manager");
    contact.set_email("john@example.com");
    contact.add_phones()->set_number("+1 (651) 555-0100");
    contact.add_tags("night shift");
  });
  Add("Joan O'Brien", "acc_cafe");
  const Names jorg = {"J\u00F6rg M\u00FCller"};
  const Names joan = {"Joan O'Brien"};
  const bool indexed = GENERATE(false, true);
  if (indexed) index.Step();
  CHECK(Found("jo") == Names{"J\u00F6rg M\u00FCller", "Joan O'Brien"});
  for (const char* query : {"jor", "M\u00DCLL", "muller jorg", "john", "exam", "john@example.com",
                            "manager", "651-555-0100", "6515550100", "5550100", "0100",
                            "+1 651 555 0100", "shift", "ac-4941", "ac4941", "4941", "jo man 65"}) {
    INFO(query);
    CHECK(Found(query) == jorg);
  }
  for (const char* query : {"joan", "obrien", "o'br", "brien", "joan 4942"}) {
    INFO(query);
    CHECK(Found(query) == joan);
  }
  for (const char* query : {"org", "xample", "551", "joan 4941", "jorgx"}) {
    INFO(query);
    CHECK(Found(query).empty());
  }
  CHECK(Found("- '") == Found(""));
  CHECK(Found("a b c d e f g h i j").empty());
  CHECK(Found("a b c d e f g h i j k") == Names{"query: got 11 words, want at most 10"});
}

TEST_CASE_METHOD(ListFixture, "A search finds a contact by what it is now", "[contact]") {
  v1::Contact contact = Add("Before");
  const bool indexed = GENERATE(false, true);
  if (indexed) index.Step();
  contact.mutable_name()->set_display("After");
  REQUIRE(Update(contact, "name.display").ok());
  CHECK(Found("before").empty());
  CHECK(Found("after") == Names{"After"});
  CHECK(Filtered("name = before").empty());
  index.Step();
  CHECK(Found("before").empty());
  CHECK(Found("after") == Names{"After"});
}

TEST_CASE_METHOD(ListFixture, "A search finds the contacts of an account by its new number",
                 "[contact]") {
  Add("Jo", "acc_gym");
  Add("Bo", "acc_cafe");
  CHECK(Found("4942") == Names{"Bo"});
  account::v1::Account account;
  account.set_id("acc_gym");
  account.set_number("4942-7");
  Write([&](storage::Session& session) { return directory.Save(session, account); });
  CHECK(Found("4942") == Names{"Jo", "Bo"});
  CHECK(Found("4941").empty());
  CHECK(Filtered("account_number = 4942-7") == Names{"Jo"});
  CHECK(Filtered("", "account_number") == Names{"Bo", "Jo"});
}

TEST_CASE_METHOD(ListFixture, "However a list is read, it holds the same contacts", "[contact]") {
  static constexpr const char* kNames[] = {"Ann Lee",      "ann lee",   "Bob Ray",
                                           "\u00C9va Lee", "Zoe O'Day", "Al"};
  static constexpr const char* kAccounts[] = {"acc_gym", "acc_cafe", "acc_spa"};
  const std::map<std::string, std::string> numbers = {
      {"acc_gym", "AC-4941"}, {"acc_cafe", "4942"}, {"acc_spa", "ac-77"}};
  std::vector<v1::Contact> all;
  for (int i = 0; i < 60; ++i) {
    const v1::Contact contact = Add(kNames[i % 6], kAccounts[i % 3], [i](v1::Contact& made) {
      if (i % 4 != 0) made.set_email(absl::StrCat(i % 2 ? "ann" : "Bob", i % 7, "@example.com"));
      if (i % 5 == 0) made.add_tags(i % 2 ? "vip" : "Late payer");
      if (i % 6 == 0) made.add_phones()->set_number(absl::StrCat("651 555 01", i));
      if (i % 9 == 0) made.set_external_id(absl::StrCat("X", i));
      if (i % 11 == 0) made.set_billing_contact(v1::BILLING_CONTACT_SECONDARY);
    });
    Write([&](storage::Session& session) -> absl::Status {
      if (i % 7 == 0) RETURN_IF_ERROR(SavePortalUser(session, contact.id(), "usr_1", "u"));
      return SaveInvitationState(session, contact.id(), "inv_1",
                                 static_cast<invitation::v1::InvitationState>(i % 4));
    });
    if (i == 40) index.Step();  // The others are not in the index of words yet.
    if (i % 13 == 0) {
      v1::UnlinkContactRequest unlink;
      unlink.set_id(contact.id());
      REQUIRE(Call<v1::UnlinkContactResponse>(unlink).ok());
    }
    all.push_back(Get(contact.id()).value());
  }
  const std::string noon = TimeUtil::ToString(all[30].create_time());
  const std::string filters[] = {
      "",
      "name = ann*",
      "name != \"ann lee\" AND account_number = ac*",
      "name = eva* OR email = ann1@*",
      "(name = al OR tags:vip) AND portal_user = false",
      "tags:\"late payer\"",
      "phone = 65155501*",
      "NOT phone = 651555010 AND NOT tags:vip",
      "portal_user = true",
      "invitation_state = SENT AND billing_contact = NONE",
      "invitation_state = BOUNCED",
      "billing_contact = SECONDARY",
      "external_id = x*",
      "external_id = X9 OR portal_user = true",
      "unlinked = true",
      "unlinked = true OR name = al",
      "create_time >= " + noon,
      "NOT create_time >= " + noon,
      "update_time > " + noon + " AND name = b*",
      "account_number = 4942 OR account_id = acc_spa AND invitation_state != PENDING",
  };
  const std::string queries[] = {"", "ann", "lee 49", "651", "late pay", "zo da", "nobody"};
  const std::string orders[] = {"", "name", "email desc", "account_number", "update_time desc"};
  const ListLimits limits =
      GENERATE(values<ListLimits>({{},
                                   {.most_gathered = 0, .first_look = 3},
                                   {.most_gathered = 4, .first_look = 1, .further_look = 0},
                                   {.most_gathered = 1000, .first_look = 7}}));
  const ContactList list(*database, rows.table(), limits);

  size_t matched = 0;
  for (const std::string& filter : filters) {
    for (const std::string& query : queries) {
      std::set<std::string> expected;
      for (const v1::Contact& contact : all) {
        const std::string& number = numbers.at(contact.account_id());
        const std::vector<std::string> words = QueryWords(query);
        const bool asked = absl::StrContains(filter, "unlinked") || !contact.has_unlink_time();
        const bool held =
            filter.empty() || Holds(ParseFilter("filter", filter).value(), contact, number);
        const bool found = std::ranges::all_of(words, [&](const std::string& word) {
          return Holds({.field = FilterField::kWord, .text = word}, contact, number);
        });
        if (asked && held && found) expected.insert(contact.id());
      }
      matched += expected.size();
      for (const std::string& order : orders) {
        v1::ListContactsRequest request;
        request.set_filter(filter);
        request.set_query(query);
        request.set_order_by(order);
        request.set_page_size(4);
        std::vector<v1::Contact> listed;
        do {
          const auto page = list.Read(request, v1::SavedView());
          INFO(filter << " | " << query << " | " << order);
          REQUIRE(page.status().message() == "");
          listed.insert(listed.end(), page->contacts().begin(), page->contacts().end());
          request.set_page_token(page->next_page_token());
        } while (!request.page_token().empty());
        INFO(filter << " | " << query << " | " << order << " | " << limits.most_gathered);
        std::set<std::string> ids;
        for (const v1::Contact& contact : listed) ids.insert(contact.id());
        CHECK(ids == expected);
        CHECK(listed.size() == expected.size());
        const auto key = [&](const v1::Contact& contact) {
          if (order == "name") return std::pair(Folded(contact.name().display()), contact.id());
          if (order == "email desc") return std::pair(Lowered(contact.email()), contact.id());
          if (order == "account_number") {
            return std::pair(Folded(numbers.at(contact.account_id())), contact.id());
          }
          if (order.empty()) return std::pair(std::string(), contact.id());
          return std::pair(
              absl::StrCat(absl::Dec(TimeUtil::TimestampToMicroseconds(contact.update_time()),
                                     absl::kZeroPad20)),
              contact.id());
        };
        const bool falling = absl::StrContains(order, "desc");
        CHECK(std::ranges::is_sorted(listed, [&](const auto& a, const auto& b) {
          return falling ? key(a) > key(b) : key(a) < key(b);
        }));
      }
    }
  }
  CHECK(matched > 500);
}

TEST_CASE("A selective condition reads few contacts among many", "[contact]") {
  testing::CountSqliteSteps();
  ListFixture f;
  if (!f.database.is_sqlite()) return;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i) {
      f.Add(absl::StrCat("John Doe ", i), "acc_gym", [i](v1::Contact& contact) {
        contact.set_email(absl::StrCat("john", i, "@example.com"));
      });
    }
  };
  add(300);
  const v1::Contact rare = f.Add("Zelda Quist", "acc_cafe", [](v1::Contact& contact) {
    contact.set_email("zelda@rare.example");
    contact.set_external_id("crm-7");
    contact.set_billing_contact(v1::BILLING_CONTACT_SECONDARY);
    contact.add_tags("gold");
    contact.add_phones()->set_number("999 888");
  });
  f.Write([&](storage::Session& session) {
    return SaveInvitationState(session, rare.id(), "inv_1",
                               invitation::v1::INVITATION_STATE_BOUNCED);
  });
  f.Write([&](storage::Session& session) {
    return SavePortalUser(session, rare.id(), "usr_1", "zelda");
  });
  add(300);
  f.index.Step();
  const std::string after = TimeUtil::ToString(rare.create_time());
  const ContactList list(*f.database, f.rows.table(), {.most_gathered = 50, .first_look = 10});
  const auto steps = [&](const v1::ListContactsRequest& request) {
    uint64_t taken = 0;
    taken = testing::SqliteSteps([&] {
      const auto page = list.Read(request, v1::SavedView());
      REQUIRE(page.ok());
      REQUIRE(page->contacts_size() == 1);
      CHECK(page->contacts(0).id() == rare.id());
    });
    return taken;
  };
  v1::ListContactsRequest request;
  for (const std::string order : {"", "name", "account_number desc", "update_time"}) {
    // By number, the contacts of one account are gone through to where a page begins or ends.
    const uint64_t most = order == "account_number desc" ? 12'000 : 3000;
    for (const std::string& filter :
         {std::string("name = zelda*"), std::string("email = zelda@rare.example"),
          std::string("account_number = 4942"), std::string("external_id = CRM-7"),
          std::string("invitation_state = BOUNCED AND name = z*"),
          std::string("portal_user = true"), std::string("billing_contact = SECONDARY"),
          std::string("tags:gold"), std::string("phone = 999*"),
          std::string("name = q* OR account_id = acc_cafe"),
          "name = z* AND create_time >= " + after}) {
      request.Clear();
      request.set_page_size(1);
      request.set_filter(filter);
      request.set_order_by(order);
      INFO(filter << " by " << order);
      CHECK(steps(request) < most);
    }
    for (const char* query : {"quist", "zelda rare", "4942", "zelda ex"}) {
      request.Clear();
      request.set_page_size(1);
      request.set_query(query);
      request.set_order_by(order);
      INFO(query << " by " << order);
      CHECK(steps(request) < most);
    }
  }
}

}  // namespace portico::contact
