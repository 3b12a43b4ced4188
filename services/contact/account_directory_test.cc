#include "services/contact/account_directory.h"

#include "portico/account/v1/account_events.pb.h"
#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

using Fields = std::vector<std::string>;

// Plays the events of the account service.
struct DirectoryFixture : ContactFixture {
  template <class Payload>
  absl::Status Apply(const Payload& payload) {
    events::v1::WatchEventsResponse batch;
    events::v1::Event& event = *batch.add_events();
    event.set_id("evt_" + std::to_string(++position));
    event.set_type(Payload::descriptor()->full_name());
    event.set_position(position);
    event.mutable_data()->PackFrom(payload);
    batch.set_position(position);
    return subscription.Apply(batch);
  }

  int64_t position = 0;
  AccountEvents handler{directory, mover};
  events::Subscription subscription{"accounts",    "account", *database,
                                    *account_peer, handler,   clock};
};

TEST_CASE_METHOD(DirectoryFixture, "The account service is asked once for an account and a site",
                 "[contact]") {
  v1::Contact contact = NewContact();
  contact.set_site_id("sit_downtown");
  REQUIRE(Create(contact).ok());
  CHECK(fake_accounts.questions == 2);
  fake_accounts.away = true;
  CHECK(Create(contact).ok());
  CHECK(fake_accounts.questions == 2);
}

TEST_CASE_METHOD(DirectoryFixture, "What the account service publishes need not be asked for",
                 "[contact]") {
  fake_accounts.away = true;
  account::v1::AccountCreated created;
  created.mutable_account()->set_id("acc_new");
  REQUIRE(Apply(created).ok());
  account::v1::SiteCreated site;
  site.mutable_site()->set_id("sit_new");
  site.mutable_site()->set_account_id("acc_new");
  REQUIRE(Apply(site).ok());
  v1::Contact contact = NewContact();
  contact.set_account_id("acc_new");
  contact.set_site_id("sit_new");
  CHECK(Create(contact).ok());
  CHECK(fake_accounts.questions == 0);
}

TEST_CASE_METHOD(DirectoryFixture, "An account that was merged takes no new contacts",
                 "[contact]") {
  v1::Contact contact = NewContact();
  contact.set_account_id("acc_cafe");
  SECTION("as the account service says") {
    fake_accounts.accounts["acc_cafe"].set_merged_into_id("acc_gym");
  }
  SECTION("as its events say") {
    account::v1::AccountsMerged merged;
    merged.mutable_winner()->set_id("acc_gym");
    merged.set_loser_id("acc_cafe");
    REQUIRE(Apply(merged).ok());
    fake_accounts.away = true;
  }
  SECTION("as a snapshot says") {
    account::v1::AccountUpdated updated;
    updated.mutable_account()->set_id("acc_cafe");
    updated.mutable_account()->set_merged_into_id("acc_gym");
    REQUIRE(Apply(updated).ok());
    fake_accounts.away = true;
  }
  const absl::Status status = Create(contact).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(rpc::ReasonOf(status) == "ACCOUNT_MERGED");
  CHECK(status.message() ==
        R"(contact.account_id: got "acc_cafe", which was merged into "acc_gym")");
}

TEST_CASE_METHOD(DirectoryFixture, "A snapshot tells of merges too, also of ones that came after",
                 "[contact]") {
  v1::Contact john = NewContact();
  john.set_account_id("acc_cafe");
  john = Create(john).value();
  account::v1::AccountsMerged later;
  later.mutable_winner()->set_id("acc_last");
  later.set_loser_id("acc_gym");
  REQUIRE(Apply(later).ok());
  account::v1::AccountUpdated loser;
  loser.mutable_account()->set_id("acc_cafe");
  loser.mutable_account()->set_merged_into_id("acc_gym");
  REQUIRE(Apply(loser).ok());
  CHECK(Get(john.id()).value().account_id() == "acc_last");
}

TEST_CASE_METHOD(DirectoryFixture,
                 "What comes late of a site that changed its account is passed over", "[contact]") {
  account::v1::SiteUpdated moved;
  moved.mutable_site()->set_id("sit_new");
  moved.mutable_site()->set_account_id("acc_gym");
  moved.mutable_site()->mutable_update_time()->set_seconds(2);
  account::v1::SiteCreated late;
  late.mutable_site()->set_id("sit_new");
  late.mutable_site()->set_account_id("acc_cafe");
  late.mutable_site()->mutable_update_time()->set_seconds(1);
  REQUIRE(Apply(moved).ok());
  REQUIRE(Apply(late).ok());
  REQUIRE(Create(NewContact()).ok());  // Makes the account known.
  v1::Contact contact = NewContact();
  contact.set_site_id("sit_new");
  CHECK(Create(contact).ok());
}

TEST_CASE_METHOD(DirectoryFixture, "An account or site that does not exist is named", "[contact]") {
  v1::Contact contact = NewContact();
  SECTION("an account") {
    contact.set_account_id("acc_none");
    const absl::Status status = Create(contact).status();
    CHECK(FieldsOf(status) == Fields{"contact.account_id"});
    CHECK(status.message() == R"(contact.account_id: got "acc_none", want an existing account)");
  }
  SECTION("a site") {
    contact.set_site_id("sit_none");
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.site_id"});
  }
  SECTION("a site of another account, not known here yet") {
    contact.set_site_id("sit_cafe");
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.site_id"});
  }
  SECTION("a site of another account, known here") {
    contact.set_account_id("acc_cafe");
    contact.set_site_id("sit_cafe");
    REQUIRE(Create(contact).ok());
    contact.set_account_id("acc_gym");
    REQUIRE(Create(NewContact()).ok());  // Makes that account known.
    const int asked = fake_accounts.questions;
    const size_t events = Events().size();
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.site_id"});
    CHECK(fake_accounts.questions == asked);
    CHECK(Events().size() == events);
  }
  SECTION("a site of another account, in an update") {
    contact = Create(contact).value();
    contact.set_site_id("sit_cafe");
    CHECK(FieldsOf(Update(contact, "site_id").status()) == Fields{"contact.site_id"});
    contact.set_site_id("sit_downtown");
    CHECK(Update(contact, "site_id").value().site_id() == "sit_downtown");
  }
}

TEST_CASE_METHOD(DirectoryFixture,
                 "A contact of an unknown account waits until the account service is back",
                 "[contact]") {
  fake_accounts.away = true;
  CHECK(Create(NewContact()).status().code() == absl::StatusCode::kUnavailable);
  CHECK(Events().empty());
  fake_accounts.away = false;
  CHECK(Create(NewContact()).ok());
}

TEST_CASE_METHOD(DirectoryFixture, "Invoice notifications need invoices that go by e-mail",
                 "[contact]") {
  v1::Contact contact = NewContact();
  contact.set_receive_invoice_notifications(true);
  contact.set_account_id("acc_cafe");
  CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.receive_invoice_notifications"});

  account::v1::AccountUpdated updated;
  updated.mutable_account()->set_id("acc_cafe");
  updated.mutable_account()->set_invoice_delivery(account::v1::INVOICE_DELIVERY_EMAIL_WITH_LINK);
  REQUIRE(Apply(updated).ok());
  contact = Create(contact).value();

  updated.mutable_account()->set_invoice_delivery(account::v1::INVOICE_DELIVERY_MAIL);
  REQUIRE(Apply(updated).ok());
  contact = Get(contact.id()).value();
  CHECK_FALSE(contact.receive_invoice_notifications());
  contact.set_receive_invoice_notifications(true);
  CHECK(FieldsOf(Update(contact, "receive_invoice_notifications").status()) ==
        Fields{"contact.receive_invoice_notifications"});
}

}  // namespace
}  // namespace portico::contact
