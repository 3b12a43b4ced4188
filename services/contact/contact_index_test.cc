#include "services/contact/contact_index.h"

#include <absl/strings/str_cat.h>

#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

using Names = std::vector<std::string>;

struct IndexFixture : ContactFixture {
  Names Listed(const std::string& query, const std::string& order_by = "") {
    v1::ListContactsRequest request;
    request.set_query(query);
    request.set_order_by(order_by);
    Names names;
    const auto response = Call<v1::ListContactsResponse>(request).value();
    for (const v1::Contact& contact : response.contacts()) {
      names.push_back(contact.name().display());
    }
    return names;
  }

  v1::Contact Add(const std::string& name) {
    v1::Contact contact = NewContact("");
    contact.mutable_name()->set_display(name);
    clock.Advance(absl::Seconds(1));
    return Create(contact).value();
  }

  void Execute(std::string_view sql) {
    REQUIRE(database->Write([&](storage::Session& session) { return session.Execute(sql); }).ok());
  }

  int64_t Number(std::string_view select) {
    const auto row = database->Read(
        [&](storage::Session& session) { return session.SelectOne<int64_t>(select); });
    return std::get<0>(row.value().value());
  }

  void RunToTheEnd() {
    int steps = 0;
    while (index.Step() < absl::Seconds(1)) REQUIRE(++steps < 1000);
  }

  ContactIndex index{*database, rows.table(), /*least=*/3};
};

}  // namespace

TEST_CASE_METHOD(IndexFixture, "Contacts that a release without search wrote are found after all",
                 "[contact]") {
  for (int i = 0; i < 250; ++i) Add(absl::StrCat("Old ", i));
  Execute("update contact set name_key = '', search_words = '', indexed_etag = ''");
  CHECK(Listed("old").empty());
  RunToTheEnd();
  CHECK(Listed("old 249") == Names{"Old 249"});
  CHECK(Listed("", "name").front() == "Old 0");
  // What such a release changes has an etag that was not indexed.
  Execute("update contact set name_display = 'New', etag = 'x' where name_display = 'Old 7'");
  RunToTheEnd();
  CHECK(Listed("new") == Names{"New"});
  CHECK(Number("select count(*) from contact where indexed_etag <> etag") == 0);
}

TEST_CASE_METHOD(IndexFixture, "New contacts are taken into the index together", "[contact]") {
  if (!database.is_sqlite()) return;
  const auto indexed = [&] {
    return Number("select count(*) from contact_search where contact_search match 'jo'");
  };
  Add("Jo A");
  Add("Jo B");
  CHECK(index.Step() == absl::Seconds(1));
  CHECK(indexed() == 0);
  Add("Jo C");
  index.Step();
  CHECK(indexed() == 3);
  v1::Contact contact = Add("Jo D");
  contact.mutable_name()->set_display("Di");
  REQUIRE(Update(contact, "name.display").ok());
  Add("Jo E");
  Add("Jo F");
  index.Step();
  CHECK(indexed() == 5);
  CHECK(Listed("jo").size() == 5);
}

TEST_CASE_METHOD(IndexFixture, "An erased person's words leave the database", "[contact]") {
  for (int i = 0; i < 20; ++i) {
    Add(absl::StrCat("Jo ", i));
    index.Step();
  }
  const v1::Contact erased = Add("Xaverquitz");
  Add("Jo");
  Add("Xa");
  index.Step();
  CHECK(Listed("xaverq").size() == 1);
  v1::EraseContactRequest request;
  request.set_id(erased.id());
  REQUIRE(Call<v1::EraseContactResponse>(request).ok());
  CHECK(Listed("xaverq").empty());
  if (!database.is_sqlite()) return;  // There the server's vacuum does it.
  RunToTheEnd();
  CHECK(Number("select has_erased from contact_search_state") == 0);
  // Words are kept as what they add to the word before.
  CHECK(Number("select count(*) from contact_search_data "
               "where instr(hex(block), hex('verquitz')) > 0") == 0);
  CHECK(Listed("jo").size() == 21);
  CHECK(Listed("xa") == Names{"Xa"});
}

TEST_CASE_METHOD(IndexFixture, "The numbers of accounts known before are asked for", "[contact]") {
  Add("Jo");  // Which makes its account known.
  Execute("delete from account_number");
  Execute("delete from account_number_word");
  fake_accounts.accounts["acc_gym"].set_number("AC-7");
  CHECK(Listed("ac").empty());
  fake_accounts.away = true;
  CHECK(directory.LearnNumbers() == absl::Minutes(1));
  fake_accounts.away = false;
  CHECK(directory.LearnNumbers() < absl::Seconds(1));
  CHECK(Listed("ac7") == Names{"Jo"});
  CHECK(directory.LearnNumbers() == absl::Hours(1));
  const int asked = fake_accounts.questions;
  CHECK(directory.LearnNumbers() == absl::Hours(1));
  CHECK(fake_accounts.questions == asked);
}

TEST_CASE_METHOD(IndexFixture, "An answer about a number is not preferred to an event",
                 "[contact]") {
  Add("Jo");
  account::v1::Account account;
  account.set_id("acc_gym");
  account.set_number("8");
  REQUIRE(
      database->Write([&](storage::Session& session) { return directory.Save(session, account); })
          .ok());
  fake_accounts.accounts["acc_gym"].set_number("7");
  REQUIRE(directory.Learn("acc_gym", "").ok());
  CHECK(Listed("7").empty());
  CHECK(Listed("8") == Names{"Jo"});
}

}  // namespace portico::contact
