#include "services/account/account_service.h"

#include <set>

#include "portico/account/v1/account_events.pb.h"
#include "services/account/account_fixture.h"

namespace portico::account {
namespace {

TEST_CASE_METHOD(AccountFixture, "An account comes back with all that it was created with",
                 "[account]") {
  v1::Account wanted = NewAccount();
  wanted.mutable_address()->add_lines("225 Rice St");
  wanted.mutable_address()->add_lines("Suite 2");
  wanted.mutable_address()->set_city("St Paul");
  wanted.mutable_address()->set_region("MN");
  wanted.mutable_address()->set_postal_code("55103");
  wanted.mutable_address()->set_country_code("US");
  wanted.set_phone("651-555-0100");
  wanted.set_terms("Net 20");
  wanted.set_account_manager("Ann");
  wanted.set_billing_cycle("ADVANCE - MONTHLY");
  wanted.set_billed_through_date("2026-12-31");
  wanted.set_invoice_delivery(v1::INVOICE_DELIVERY_EMAIL_WITH_LINK);
  wanted.set_automatic_payment(true);
  wanted.mutable_balance_due()->set_currency_code("USD");
  wanted.mutable_balance_due()->set_amount_minor(-1250);
  wanted.set_active_service_count(3);
  wanted.set_external_id("erp-77");

  const v1::Account created = Create(wanted).value();

  CHECK(created.id().rfind("acc_", 0) == 0);
  CHECK(created.create_time().seconds() == absl::ToUnixSeconds(clock.Now()));
  CHECK_FALSE(created.etag().empty());
  wanted.set_id(created.id());
  *wanted.mutable_create_time() = created.create_time();
  *wanted.mutable_update_time() = created.create_time();
  wanted.set_etag(created.etag());
  CHECK(created.ShortDebugString() == wanted.ShortDebugString());
  CHECK(Get(created.id()).value().ShortDebugString() == created.ShortDebugString());
}

TEST_CASE_METHOD(AccountFixture, "Creating an account publishes it in its own partition",
                 "[account]") {
  const v1::Account account = Create(NewAccount()).value();
  const events::v1::Event event = Events().back();
  v1::AccountCreated created;
  REQUIRE(event.data().UnpackTo(&created));
  CHECK(created.account().ShortDebugString() == account.ShortDebugString());
  CHECK(event.subject() == account.id());
  CHECK(event.partition() == account.id());
}

TEST_CASE_METHOD(AccountFixture, "A repeated CreateAccount answers the first account",
                 "[account]") {
  const v1::Account wanted = NewAccount();
  const v1::Account first = Create(wanted, "r1").value();
  const size_t events = Events().size();
  CHECK(Create(wanted, "r1").value().ShortDebugString() == first.ShortDebugString());
  CHECK(Events().size() == events);
}

TEST_CASE_METHOD(AccountFixture, "A request id that comes with another account writes nothing",
                 "[account]") {
  const v1::Account first = Create(NewAccount("1"), "r1").value();
  const size_t events = Events().size();
  const absl::Status status = Create(NewAccount("2"), "r1").status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK(rpc::ReasonOf(status) == "REQUEST_ID_REUSED");
  CHECK(Events().size() == events);
  const auto all = Call<v1::ListAccountsResponse>(v1::ListAccountsRequest()).value();
  REQUIRE(all.accounts_size() == 1);
  CHECK(all.accounts(0).id() == first.id());
}

TEST_CASE_METHOD(AccountFixture, "CreateAccount names every field that is wrong", "[account]") {
  v1::Account account = NewAccount();
  SECTION("what is missing") {
    account.clear_number();
    account.clear_status();
    CHECK(FieldsOf(Create(account).status()) ==
          std::vector<std::string>{"account.number", "account.status"});
  }
  SECTION("an overlong number") {
    account.set_number(std::string(41, '4'));
    CHECK(FieldsOf(Create(account).status()) == std::vector<std::string>{"account.number"});
  }
  SECTION("a line break in the name") {
    account.set_display_name("Gym\r\nBcc: x@example.com");
    CHECK(FieldsOf(Create(account).status()) == std::vector<std::string>{"account.display_name"});
  }
  SECTION("a day that is none") {
    account.set_billed_through_date("2026-02-30");
    CHECK(FieldsOf(Create(account).status()) ==
          std::vector<std::string>{"account.billed_through_date"});
  }
  SECTION("an amount without a currency, and a country that is no code") {
    account.mutable_balance_due()->set_amount_minor(5);
    account.mutable_address()->set_country_code("us");
    CHECK(FieldsOf(Create(account).status()) ==
          std::vector<std::string>{"account.address.country_code",
                                   "account.balance_due.currency_code"});
  }
  SECTION("a currency in lower case") {
    account.mutable_balance_due()->set_currency_code("usd");
    CHECK(FieldsOf(Create(account).status()) ==
          std::vector<std::string>{"account.balance_due.currency_code"});
  }
  SECTION("a division, a bill group and a source that do not exist") {
    account.set_division_id("div_none");
    account.set_bill_group_id("bgr_none");
    account.set_account_source_id("asr_none");
    CHECK(FieldsOf(Create(account).status()) ==
          std::vector<std::string>{"account.division_id", "account.bill_group_id",
                                   "account.account_source_id"});
  }
  SECTION("a class that is no longer chosen") {
    v1::UpdateAccountClassRequest request;
    request.mutable_account_class()->set_id(class_id);
    request.mutable_account_class()->set_active(false);
    REQUIRE(Call<v1::UpdateAccountClassResponse>(request).ok());
    CHECK(FieldsOf(Create(account).status()) ==
          std::vector<std::string>{"account.account_class_id"});
  }
  for (const events::v1::Event& event : Events()) {
    CHECK(event.type() != "portico.account.v1.AccountCreated");
  }
}

TEST_CASE_METHOD(AccountFixture, "Numbers and external ids are unique", "[account]") {
  v1::Account first = NewAccount("1");
  first.set_external_id("erp-1");
  first = Create(first).value();
  v1::Account second = NewAccount("2");

  second.set_external_id("erp-1");
  absl::Status status = Create(second).status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(status.message()), Catch::Contains("account.external_id"));

  second.clear_external_id();
  second = Create(second).value();
  REQUIRE(Create(NewAccount("3")).ok());  // Having no external id is nothing to share.
  second.set_number("1");
  status = Update(second, "number").status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(status.message()), Catch::Contains("account.number"));
}

TEST_CASE_METHOD(AccountFixture, "UpdateAccount changes what the mask names and publishes it",
                 "[account]") {
  const v1::Account before = Create(NewAccount()).value();
  clock.Advance(absl::Seconds(5));
  v1::Account patch;
  patch.set_id(before.id());
  patch.set_status(v1::ACCOUNT_STATUS_SUSPENDED);
  patch.set_terms("not in the mask");

  const v1::Account after = Update(patch, "status").value();

  CHECK(after.status() == v1::ACCOUNT_STATUS_SUSPENDED);
  CHECK(after.terms().empty());
  CHECK(after.etag() != before.etag());
  CHECK(after.update_time().seconds() == before.update_time().seconds() + 5);
  CHECK(after.create_time().seconds() == before.create_time().seconds());
  CHECK(Get(before.id()).value().ShortDebugString() == after.ShortDebugString());
  v1::AccountUpdated event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.account().ShortDebugString() == after.ShortDebugString());
}

TEST_CASE_METHOD(AccountFixture, "An update that changes nothing is neither written nor published",
                 "[account]") {
  const v1::Account before = Create(NewAccount()).value();
  const size_t events = Events().size();
  clock.Advance(absl::Seconds(5));
  CHECK(Update(before, "status,number").value().ShortDebugString() == before.ShortDebugString());
  CHECK(Events().size() == events);
}

TEST_CASE_METHOD(AccountFixture, "UpdateAccount refuses what it cannot do", "[account]") {
  v1::Account account = Create(NewAccount()).value();
  SECTION("a stale etag") {
    v1::Account newer = account;
    newer.set_terms("Net 10");
    REQUIRE(Update(newer, "terms").ok());
    account.set_terms("Net 30");
    const absl::Status status = Update(account, "terms").status();
    CHECK(status.code() == absl::StatusCode::kAborted);
    CHECK(rpc::ReasonOf(status) == "ETAG_STALE");
    CHECK(Get(account.id()).value().terms() == "Net 10");
  }
  SECTION("an unknown path") {
    CHECK(Update(account, "no_such_field").status().code() == absl::StatusCode::kInvalidArgument);
  }
  SECTION("a reference to nothing") {
    account.set_division_id("div_none");
    CHECK(FieldsOf(Update(account, "division_id").status()) ==
          std::vector<std::string>{"account.division_id"});
  }
  SECTION("an account that does not exist") {
    account.set_id("acc_none");
    CHECK(Update(account, "terms").status().code() == absl::StatusCode::kNotFound);
  }
}

TEST_CASE_METHOD(AccountFixture, "A list can be paged through while accounts are added",
                 "[account]") {
  std::set<std::string> numbers;
  for (int i = 0; i < 5; ++i) {
    numbers.insert(Create(NewAccount(std::to_string(i))).value().number());
    clock.Advance(absl::Seconds(1));
  }
  v1::ListAccountsRequest request;
  request.set_page_size(2);
  std::vector<std::string> seen;
  for (int page = 0;; ++page) {
    const auto response = Call<v1::ListAccountsResponse>(request).value();
    for (const v1::Account& account : response.accounts()) seen.push_back(account.number());
    if (page == 0) numbers.insert(Create(NewAccount("late")).value().number());
    if (response.next_page_token().empty()) break;
    CHECK(response.accounts_size() == 2);
    request.set_page_token(response.next_page_token());
  }
  CHECK(std::set<std::string>(seen.begin(), seen.end()) == numbers);
  CHECK(seen.size() == numbers.size());
}

TEST_CASE_METHOD(AccountFixture, "A list holds what its filters ask for", "[account]") {
  const v1::Account first = Create(NewAccount("1")).value();
  clock.Advance(absl::Seconds(1));
  v1::Account second = NewAccount("2");
  second.set_division_id(CreateDivision("South").id());
  second = Create(second).value();

  const auto ids = [this](const v1::ListAccountsRequest& request) {
    std::vector<std::string> found;
    const auto response = Call<v1::ListAccountsResponse>(request).value();
    for (const v1::Account& account : response.accounts()) found.push_back(account.id());
    return found;
  };
  v1::ListAccountsRequest request;
  request.set_account_class_id(class_id);
  CHECK(ids(request) == std::vector<std::string>{first.id(), second.id()});
  request.set_division_id(second.division_id());
  CHECK(ids(request) == std::vector<std::string>{second.id()});
  request.set_number("1");
  CHECK(ids(request).empty());
}

TEST_CASE_METHOD(AccountFixture, "An account is found by its external id, also once it is merged",
                 "[account]") {
  v1::Account named = NewAccount("1");
  named.set_external_id("erp-1");
  named = Create(named).value();
  v1::Account winner = NewAccount("2");
  winner.set_external_id("erp-2");
  winner = Create(winner).value();
  v1::ListAccountsRequest request;
  const auto found = [&] {
    const auto response = Call<v1::ListAccountsResponse>(request).value();
    return response.accounts_size() == 1 ? response.accounts(0).id() : "";
  };
  request.set_external_id("erp-1");
  CHECK(found() == named.id());
  request.set_external_id("erp-3");
  CHECK(Call<v1::ListAccountsResponse>(request).value().accounts().empty());
  REQUIRE(Merge(winner, named).ok());
  request.set_external_id("erp-1");
  CHECK(found() == winner.id());
}

TEST_CASE_METHOD(AccountFixture, "A page token of another list is refused", "[account]") {
  REQUIRE(Create(NewAccount("1")).ok());
  REQUIRE(Create(NewAccount("2")).ok());
  v1::ListAccountsRequest request;
  request.set_page_size(1);
  request.set_page_token(Call<v1::ListAccountsResponse>(request).value().next_page_token());
  request.set_division_id(division_id);
  CHECK(FieldsOf(Call<v1::ListAccountsResponse>(request).status()) ==
        std::vector<std::string>{"page_token"});
  request.set_page_token("made up");
  CHECK(FieldsOf(Call<v1::ListAccountsResponse>(request).status()) ==
        std::vector<std::string>{"page_token"});
}

TEST_CASE_METHOD(AccountFixture, "BatchGetAccounts answers those that exist with their setup",
                 "[account]") {
  v1::BatchGetAccountsRequest request;
  std::set<std::string> ids;
  for (int i = 0; i < 200; ++i) {  // More than one portion.
    ids.insert(Create(NewAccount(std::to_string(i))).value().id());
  }
  for (const std::string& id : ids) request.add_ids(id);
  request.add_ids(*ids.begin());
  request.add_ids("acc_none");

  auto response = Call<v1::BatchGetAccountsResponse>(request).value();
  std::multiset<std::string> found;
  for (const v1::Account& account : response.accounts()) found.insert(account.id());
  CHECK(found == std::multiset<std::string>(ids.begin(), ids.end()));
  CHECK(response.account_classes_size() == 0);
  CHECK_FALSE(response.has_portal_options());

  request.set_include_setup(true);
  response = Call<v1::BatchGetAccountsResponse>(request).value();
  REQUIRE(response.account_classes_size() == 1);
  CHECK(response.account_classes(0).id() == class_id);
  REQUIRE(response.divisions_size() == 1);
  CHECK(response.divisions(0).email() == "north@hauler.example");
  CHECK(response.portal_options().lockout_threshold() == 10);
}

TEST_CASE_METHOD(AccountFixture, "BatchGetAccounts finds accounts by what the company calls them",
                 "[account]") {
  v1::Account account = NewAccount("4941");
  account.set_external_id("erp-1");
  account = Create(account).value();
  const v1::Account other = Create(NewAccount("2")).value();
  REQUIRE(Create(NewSite(account, "1")).ok());
  REQUIRE(Create(NewSite(other, "1")).ok());
  v1::BatchGetAccountsRequest request;
  CHECK(Call<v1::BatchGetAccountsResponse>(request).value().accounts_size() == 0);
  request.add_numbers("4941");
  request.add_numbers("none");
  request.add_external_ids("erp-1");
  request.add_external_ids("");
  const auto response = Call<v1::BatchGetAccountsResponse>(request).value();
  REQUIRE(response.accounts_size() == 1);
  CHECK(response.accounts(0).id() == account.id());
}

TEST_CASE_METHOD(AccountFixture, "Many sites are answered by their ids, or accounts and numbers",
                 "[account]") {
  const v1::Account account = Create(NewAccount("4941")).value();
  const v1::Account other = Create(NewAccount("2")).value();
  const v1::Site first = Create(NewSite(account, "1")).value();
  const v1::Site second = Create(NewSite(account, "2")).value();
  const v1::Site third = Create(NewSite(other, "1")).value();
  v1::BatchGetSitesRequest request;
  CHECK(Call<v1::BatchGetSitesResponse>(request).value().sites_size() == 0);
  const auto add_name = [&](const v1::Account& of, const std::string& number) {
    request.add_names()->set_account_id(of.id());
    request.mutable_names(request.names_size() - 1)->set_number(number);
  };
  add_name(account, "1");
  add_name(other, "2");  // There is none.
  request.add_ids(first.id());
  request.add_ids(third.id());
  request.add_ids("sit_none");
  std::set<std::string> found;
  const auto response = Call<v1::BatchGetSitesResponse>(request).value();
  for (const v1::Site& site : response.sites()) {
    CHECK(found.insert(site.id()).second);
  }
  CHECK(found == std::set<std::string>{first.id(), third.id()});
}

TEST_CASE_METHOD(AccountFixture, "A new account takes over what its class says", "[account]") {
  v1::CreateAccountClassRequest request;
  request.mutable_account_class()->set_display_name("RESIDENTIAL");
  request.mutable_account_class()->set_default_terms("Net 20");
  v1::Account account = NewAccount();
  account.set_account_class_id(
      Call<v1::CreateAccountClassResponse>(request).value().account_class().id());
  const v1::Account created = Create(account).value();
  CHECK(created.terms() == "Net 20");
  CHECK(created.invoice_delivery() == v1::INVOICE_DELIVERY_NONE);
  v1::AccountCreated event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.account().terms() == "Net 20");
  account.set_number("2");
  account.set_terms("Net 5");
  CHECK(Create(account).value().terms() == "Net 5");
  // It can be taken away again.
  v1::Account patch;
  patch.set_id(created.id());
  CHECK(Update(patch, "terms").value().terms().empty());
}

TEST_CASE_METHOD(AccountFixture, "A later version has a later time, though the clock is set back",
                 "[account]") {
  v1::Account account = Create(NewAccount()).value();
  clock.Advance(-absl::Hours(1));
  account.set_terms("Net 5");
  const v1::Account updated = Update(account, "terms").value();
  CHECK(updated.update_time().seconds() == account.update_time().seconds());
  CHECK(updated.update_time().nanos() > account.update_time().nanos());
}

TEST_CASE_METHOD(AccountFixture, "Accounts can be read and written only with the permission",
                 "[account]") {
  v1::CreateAccountRequest request;
  *request.mutable_account() = NewAccount();
  rpc::Peer reader = service.Staff({"accounts.read"});
  CHECK(reader.Call<v1::CreateAccountResponse>(request).status().code() ==
        absl::StatusCode::kPermissionDenied);
  CHECK(service.Anonymous().Call<v1::CreateAccountResponse>(request).status().code() ==
        absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace portico::account
