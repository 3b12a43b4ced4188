#include "google/rpc/error_info.pb.h"
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
  AccountWithContacts after(stores, store_after, contact_client, metrics, clock);
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

TEST_CASE_METHOD(WithContactsFixture,
                 "Contacts that are refused after all are told with the account that was created",
                 "[contacts]") {
  fake_contacts.RefuseExternalId(1);
  const absl::Status status = CreateAll(Request()).status();
  CHECK(absl::IsAlreadyExists(status));
  CHECK(rpc::ReasonOf(status) == "CONTACTS_REFUSED");
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("contacts[1].external_id: got "));
  google::rpc::ErrorInfo info;
  REQUIRE(info.ParseFromString(
      std::string(status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo").value())));
  const std::string account_id = info.metadata().at("account_id");
  CHECK(info.metadata().at("cause") == "EXTERNAL_ID_TAKEN");
  CHECK(Get(account_id).value().number() == "4941");

  // It is over: nothing is kept of the people, nothing tried again, no merge waits.
  CHECK(Pending() == 0);
  clock.Advance(absl::Hours(2));
  fake_contacts.FailRealBefore(absl::OkStatus());
  with_contacts.Sweep();
  CHECK(fake_contacts.contacts().empty());
  CHECK(metrics.Text().find("portico_account_contacts_refused_total 1") != std::string::npos);

  SECTION("Repeated, the request is refused again, or creates them") {
    fake_contacts.RefuseExternalId(0);
    const absl::Status again = CreateAll(Request()).status();
    CHECK(rpc::ReasonOf(again) == "CONTACTS_REFUSED");
    CHECK_THAT(std::string(again.message()), Catch::StartsWith("contacts[0].external_id: got "));
    CHECK(Pending() == 0);
    fake_contacts.FailRealBefore(absl::OkStatus());
    const auto response = CreateAll(Request()).value();
    CHECK(response.account().id() == account_id);
    CHECK(response.contacts_size() == 2);
    CHECK(CreateAll(Request()).value().contacts_size() == 2);
    CHECK(fake_contacts.contacts().size() == 2);
  }
  SECTION("Repeated while the contact service is away, the sweep creates them") {
    fake_contacts.FailRealBefore(kAway);
    CHECK(CreateAll(Request()).value().contacts_size() == 0);
    CHECK(Pending() == 1);
    fake_contacts.FailRealBefore(absl::OkStatus());
    clock.Advance(absl::Minutes(2));
    with_contacts.Sweep();
    CHECK(fake_contacts.contacts().size() == 2);
  }
  SECTION("The account can be merged, and gets no contacts from then on") {
    const v1::Account winner = Create(NewAccount("1")).value();
    v1::Account loser;
    loser.set_id(account_id);
    REQUIRE(Merge(winner, loser).ok());
    CHECK(rpc::ReasonOf(CreateAll(Request()).status()) == "ACCOUNT_MERGED");
    CHECK(fake_contacts.contacts().empty());
  }
}

TEST_CASE_METHOD(WithContactsFixture, "Contacts that the sweep has refused are let go of",
                 "[contacts]") {
  fake_contacts.FailRealBefore(kAway);
  const v1::Account account = CreateAll(Request()).value().account();
  fake_contacts.RefuseExternalId(0);
  clock.Advance(absl::Minutes(2));
  with_contacts.Sweep();
  CHECK(Pending() == 0);
  CHECK(Merge(Create(NewAccount("1")).value(), account).ok());
}

TEST_CASE_METHOD(WithContactsFixture,
                 "Contacts that were made for another caller's request are let be", "[contacts]") {
  fake_contacts.FailRealBefore(kAway);
  REQUIRE(CreateAll(Request()).ok());
  fake_contacts.FailRealBefore(
      rpc::ErrorWithReason(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", "used"));
  clock.Advance(absl::Minutes(2));
  with_contacts.Sweep();
  CHECK(Pending() == 0);
  CHECK(metrics.Text().find("portico_account_contacts_refused_total") == std::string::npos);
}

TEST_CASE_METHOD(WithContactsFixture, "The contacts are created by whoever asked for them",
                 "[contacts]") {
  const bool by_sweep = GENERATE(false, true);
  if (by_sweep) fake_contacts.FailRealBefore(kAway);
  REQUIRE(CreateAll(Request()).ok());
  if (by_sweep) {
    fake_contacts.FailRealBefore(absl::OkStatus());
    clock.Advance(absl::Minutes(2));
    with_contacts.Sweep();
  }
  REQUIRE(fake_contacts.requests().size() == 1);
  CHECK(fake_contacts.requests()[0].created_by() == "tester");
}

TEST_CASE_METHOD(WithContactsFixture, "Who may not write contacts creates none with an account",
                 "[contacts]") {
  rpc::Peer accounts_only = service.Staff({"accounts.write"});
  auto request = Request();
  CHECK(absl::IsPermissionDenied(
      accounts_only.Call<v1::CreateAccountWithContactsResponse>(request).status()));
  CHECK(Accounts() == 0);
  request.clear_contacts();
  CHECK(accounts_only.Call<v1::CreateAccountWithContactsResponse>(request).ok());
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
