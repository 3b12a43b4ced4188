#include "services/account/account_fixture.h"

namespace portico::account {
namespace {

struct WithContactsFixture : AccountFixture {
  v1::CreateAccountWithContactsRequest Request(const std::string& request_id = "r1") {
    v1::CreateAccountWithContactsRequest request;
    *request.mutable_account() = NewAccount();
    request.mutable_account()->set_invoice_delivery(v1::INVOICE_DELIVERY_EMAIL);
    for (const char* email : {"ann@example.com", "bob@example.com"}) {
      contact::v1::Contact& contact = *request.add_contacts();
      contact.mutable_name()->set_display("Somebody");
      contact.set_email(email);
    }
    request.set_request_id(request_id);
    return request;
  }

  absl::StatusOr<v1::CreateAccountWithContactsResponse> CreateAll(
      const v1::CreateAccountWithContactsRequest& request) {
    return Call<v1::CreateAccountWithContactsResponse>(request);
  }

  int Accounts() {
    return Call<v1::ListAccountsResponse>(v1::ListAccountsRequest()).value().accounts_size();
  }

  int64_t Pending() {
    return std::get<0>(database
                           ->Read([](storage::Session& session) {
                             return session.SelectOne<int64_t>(
                                 "select count(*) from pending_contacts");
                           })
                           .value()
                           .value());
  }
};

const absl::Status kAway = absl::UnavailableError("away");

}  // namespace

TEST_CASE_METHOD(WithContactsFixture, "An account is created with its contacts", "[contacts]") {
  const auto response = CreateAll(Request()).value();
  CHECK(response.account().number() == "4941");
  REQUIRE(response.contacts_size() == 2);
  CHECK(response.contacts(0).email() == "ann@example.com");
  CHECK(response.contacts(1).email() == "bob@example.com");
  CHECK(response.contacts(1).account_id() == response.account().id());
  REQUIRE(fake_contacts.requests().size() == 1);
  const auto asked = fake_contacts.requests()[0];
  CHECK(asked.account_id() == response.account().id());
  CHECK(asked.account_number() == "4941");
  CHECK(asked.invoices_by_email());
  CHECK(Pending() == 0);
}

TEST_CASE_METHOD(WithContactsFixture, "A repeated request answers the same account and contacts",
                 "[contacts]") {
  const auto first = CreateAll(Request()).value();
  v1::Account changed = first.account();
  changed.set_invoice_delivery(v1::INVOICE_DELIVERY_MAIL);
  changed = Update(changed, "invoice_delivery").value();
  const auto again = CreateAll(Request()).value();
  CHECK(again.account().ShortDebugString() == changed.ShortDebugString());
  REQUIRE(again.contacts_size() == 2);
  CHECK(again.contacts(0).id() == first.contacts(0).id());
  CHECK(fake_contacts.contacts().size() == 2);
  CHECK(Accounts() == 1);

  auto other = Request();
  other.mutable_contacts(0)->set_email("eve@example.com");
  CHECK(rpc::ReasonOf(CreateAll(other).status()) == "REQUEST_ID_REUSED");
  CHECK(fake_contacts.contacts().size() == 2);
}

TEST_CASE_METHOD(WithContactsFixture, "What cannot be created leaves nothing", "[contacts]") {
  const size_t events = [&] {
    NewAccount();  // Its division and class.
    return Events().size();
  }();
  auto request = Request();
  SECTION("a contact that is wrong") {
    request.mutable_contacts(1)->set_email("x@");
    const absl::Status status = CreateAll(request).status();
    CHECK(FieldsOf(status) == std::vector<std::string>{"contacts[1].email"});
  }
  SECTION("a contact that names an account or a site") {
    request.mutable_contacts(0)->set_account_id("acc_1");
    request.mutable_contacts(1)->set_site_id("sit_1");
    CHECK(FieldsOf(CreateAll(request).status()) ==
          std::vector<std::string>{"contacts[0].account_id", "contacts[1].site_id"});
  }
  SECTION("an account that is wrong") {
    request.mutable_account()->set_division_id("div_none");
    CHECK(FieldsOf(CreateAll(request).status()) == std::vector<std::string>{"account.division_id"});
  }
  SECTION("a contact service that is away") {
    fake_contacts.FailBefore(kAway);
    CHECK(absl::IsUnavailable(CreateAll(request).status()));
  }
  SECTION("a contact service that lets nobody in") {
    fake_contacts.FailBefore(absl::PermissionDeniedError("no"));
    CHECK(absl::IsUnavailable(CreateAll(request).status()));
  }
  CHECK(Accounts() == 0);
  CHECK(Pending() == 0);
  CHECK(fake_contacts.contacts().empty());
  CHECK(Events().size() == events);
}

TEST_CASE_METHOD(WithContactsFixture, "Without contacts nobody is asked", "[contacts]") {
  fake_contacts.FailBefore(kAway);
  auto request = Request();
  request.clear_contacts();
  CHECK(CreateAll(request).value().contacts_size() == 0);
  CHECK(CreateAll(request).ok());
  CHECK(Accounts() == 1);
}

TEST_CASE_METHOD(WithContactsFixture, "The sweep finishes what an outage or a crash left",
                 "[contacts]") {
  // Lost before the contacts were made, or the answer after it.
  const bool made = GENERATE(false, true);
  if (made) {
    fake_contacts.FailRealAfter(kAway);
  } else {
    fake_contacts.FailRealBefore(kAway);
  }
  const auto response = CreateAll(Request()).value();
  CHECK(response.contacts_size() == 0);
  CHECK(Accounts() == 1);
  CHECK(Pending() == 1);
  CHECK(with_contacts.Sweep() > absl::ZeroDuration());
  CHECK(Pending() == 1);  // Its request may still be under way.

  clock.Advance(absl::Minutes(2));
  CHECK(with_contacts.Sweep() > absl::ZeroDuration());  // Still away.
  CHECK(Pending() == 1);
  fake_contacts.FailRealBefore(absl::OkStatus());
  fake_contacts.FailRealAfter(absl::OkStatus());
  with_contacts.Sweep();
  CHECK(Pending() == 1);  // Was just put off.
  clock.Advance(absl::Minutes(1));
  // As another process, after this one's end.
  PendingContactsStore store_after(*database, clock);
  AccountWithContacts after(stores, store_after, contact_client, clock);
  after.Sweep();
  CHECK(Pending() == 0);
  REQUIRE(fake_contacts.contacts().size() == 2);
  CHECK(fake_contacts.contacts()[0].account_id() == response.account().id());

  // Whoever repeats the request gets them.
  CHECK(CreateAll(Request()).value().contacts_size() == 2);
  CHECK(fake_contacts.contacts().size() == 2);
}

TEST_CASE_METHOD(WithContactsFixture, "A repeated request finishes it as well", "[contacts]") {
  fake_contacts.FailRealBefore(kAway);
  REQUIRE(CreateAll(Request()).ok());
  fake_contacts.FailRealBefore(absl::OkStatus());
  CHECK(CreateAll(Request()).value().contacts_size() == 2);
  CHECK(Pending() == 0);
  CHECK(Accounts() == 1);
}

TEST_CASE_METHOD(WithContactsFixture, "Contacts that are refused are asked for ever less often",
                 "[contacts]") {
  fake_contacts.FailRealBefore(absl::FailedPreconditionError("taken meanwhile"));
  CHECK(CreateAll(Request()).value().contacts_size() == 0);
  std::vector<int> minutes;
  clock.Advance(absl::Minutes(1));
  for (int attempt = 0; attempt < 9; ++attempt) {
    with_contacts.Sweep();
    int waited = 0;
    while (pending_contacts.ListDue(10).value().empty()) {
      clock.Advance(absl::Minutes(1));
      ++waited;
    }
    minutes.push_back(waited);
  }
  CHECK(minutes == std::vector<int>{1, 2, 4, 8, 16, 32, 60, 60, 60});
  fake_contacts.FailRealBefore(absl::OkStatus());
  with_contacts.Sweep();
  CHECK(Pending() == 0);
  CHECK(fake_contacts.contacts().size() == 2);
}

TEST_CASE_METHOD(WithContactsFixture, "A clock set back holds up no contacts", "[contacts]") {
  clock.Advance(absl::Hours(5));
  fake_contacts.FailRealBefore(kAway);
  REQUIRE(CreateAll(Request()).ok());
  fake_contacts.FailRealBefore(absl::OkStatus());
  clock.Advance(-absl::Hours(5));
  with_contacts.Sweep();
  CHECK(Pending() == 0);
}

TEST_CASE_METHOD(WithContactsFixture, "One account whose contacts fail holds up no other",
                 "[contacts]") {
  fake_contacts.FailRealBefore(kAway);
  for (int i = 0; i < 30; ++i) {
    auto request = Request("r" + std::to_string(i));
    request.mutable_account()->set_number(std::to_string(i));
    REQUIRE(CreateAll(request).ok());
  }
  fake_contacts.FailRealBefore(absl::OkStatus());
  clock.Advance(absl::Minutes(2));
  CHECK(with_contacts.Sweep() == absl::ZeroDuration());  // There are more.
  CHECK(with_contacts.Sweep() > absl::ZeroDuration());
  CHECK(Pending() == 0);
  CHECK(fake_contacts.contacts().size() == 60);
}

}  // namespace portico::account
