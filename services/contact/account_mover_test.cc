#include "services/contact/account_mover.h"

#include "portico/account/v1/account_events.pb.h"
#include "services/contact/linking_fixture.h"

namespace portico::contact {

TEST_CASE("An account's contacts go over to the one it was merged into", "[contact]") {
  LinkingFixture f;
  v1::Contact boss = f.NewContact("boss@example.com");
  boss.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  boss = f.Create(boss).value();
  v1::Contact john = f.NewContact();
  john.set_account_id("acc_cafe");
  john.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  john = f.Create(john).value();

  account::v1::AccountsMerged merged;
  *merged.mutable_winner() = f.fake_accounts.accounts["acc_gym"];
  merged.set_loser_id("acc_cafe");
  events::Event event;
  event.set_type(account::v1::AccountsMerged::descriptor()->full_name());
  event.set_actor("jane");
  event.mutable_data()->PackFrom(merged);
  AccountEvents handler(f.directory, f.mover);
  const auto effect = handler.Prepare({&event, 1});
  REQUIRE(effect.ok());
  REQUIRE(f.database->Write(*effect).ok());

  const v1::Contact moved = f.Get(john.id()).value();
  CHECK(moved.account_id() == "acc_gym");
  CHECK(moved.billing_contact() == v1::BILLING_CONTACT_SECONDARY);
  CHECK(f.MaySee(john.id(), "acc_gym"));
  CHECK(f.MaySee(john.id(), "acc_cafe"));  // Another name for it.
  const auto history = f.History(john.id());
  REQUIRE(history.size() == 3);  // The first two in any order, as they are of one moment.
  for (const v1::Activity& activity : {history[0], history[1]}) {
    CHECK(activity.actor() == "jane");
    if (activity.kind() == v1::ACTIVITY_KIND_ACCOUNT_MERGED) {
      CHECK(activity.subject_id() == "acc_cafe");
    } else {
      REQUIRE(activity.changes_size() == 1);
      CHECK(activity.changes(0).field() == "billing_contact");
    }
  }
  CHECK(history[0].kind() != history[1].kind());
  const auto updates = f.Published<v1::ContactUpdated>();
  REQUIRE(updates.size() == 1);
  CHECK(updates[0].contact().account_id() == "acc_gym");
}

TEST_CASE("A contact that was merged away stays so when its account is merged", "[contact]") {
  LinkingFixture f;
  v1::Contact john = f.NewContact();
  john.set_account_id("acc_cafe");
  john = f.Create(john).value();
  v1::Contact twin = f.NewContact("twin@example.com");
  twin.set_account_id("acc_cafe");
  twin = f.Create(twin).value();
  REQUIRE(f.Merge(john.id(), twin.id()).ok());
  const size_t before = f.Published<v1::ContactUpdated>().size();
  REQUIRE(f.database
              ->Write([&](storage::Session& session) {
                return f.mover.Merge(session, "acc_cafe", "acc_gym");
              })
              .ok());
  const auto updates = f.Published<v1::ContactUpdated>();
  REQUIRE(updates.size() == before + 1);  // Nothing of the twin.
  CHECK(updates.back().contact().id() == john.id());
  CHECK(f.MaySee(twin.id(), "acc_gym"));
}

TEST_CASE("Many contacts of a merged account go over some at a time", "[contact]") {
  LinkingFixture f;
  std::vector<std::string> ids;
  for (int i = 0; i < 450; ++i) {
    v1::Contact contact = f.NewContact("c" + std::to_string(i) + "@example.com");
    contact.set_account_id("acc_cafe");
    ids.push_back(f.Create(contact).value().id());
  }
  REQUIRE(f.database
              ->Write([&](storage::Session& session) {
                return f.mover.Merge(session, "acc_cafe", "acc_gym");
              })
              .ok());
  CHECK(f.Published<v1::ContactUpdated>().size() < 450);
  // Access does not wait for it.
  for (const std::string& id : ids) CHECK(f.MaySee(id, "acc_gym"));
  while (f.mover.Step() == absl::ZeroDuration()) {
  }
  CHECK(f.Published<v1::ContactUpdated>().size() == 450);
  for (const std::string& id : {ids.front(), ids.back()}) {
    CHECK(f.Get(id).value().account_id() == "acc_gym");
    CHECK(f.MaySee(id, "acc_gym"));
    CHECK(f.History(id).front().subject_id() == "acc_cafe");
  }
}

TEST_CASE("Access does not wait for the sites of a merged account", "[contact]") {
  LinkingFixture f;
  v1::Contact john = f.NewContact();
  john.set_account_id("acc_cafe");
  john.set_site_id("sit_cafe");
  john = f.Create(john).value();
  REQUIRE(f.MaySee(john.id(), "acc_cafe", "sit_cafe"));
  REQUIRE(f.database
              ->Write([&](storage::Session& session) {
                return f.mover.Merge(session, "acc_cafe", "acc_gym");
              })
              .ok());
  CHECK(f.MaySee(john.id(), "acc_cafe", "sit_cafe"));
  CHECK(f.MaySee(john.id(), "acc_gym", "sit_cafe"));
  v1::Contact patch;
  patch.set_id(john.id());
  patch.set_site_id("");
  REQUIRE(f.Update(patch, "site_id").ok());
  patch.set_site_id("sit_cafe");
  CHECK(f.Update(patch, "site_id").ok());
  CHECK(f.Grant(john.id(), true, {"sit_cafe"}).ok());
}

TEST_CASE("A merge of accounts is in the histories of both", "[contact]") {
  LinkingFixture f;
  const v1::Contact mary = f.Create(f.NewContact("mary@example.com")).value();
  f.clock.Advance(absl::Seconds(1));
  for (int told = 0; told < 2; ++told) {
    REQUIRE(f.database
                ->Write([&](storage::Session& session) {
                  return f.mover.Merge(session, "acc_cafe", "acc_gym");
                })
                .ok());
  }
  f.clock.Advance(absl::Seconds(1));
  const v1::Contact late = f.Create(f.NewContact("late@example.com")).value();
  CHECK(f.Kinds(mary.id()) ==
        std::vector<v1::ActivityKind>{v1::ACTIVITY_KIND_ACCOUNT_MERGED, v1::ACTIVITY_KIND_CREATED});
  CHECK(f.History(mary.id()).front().contact_id() == mary.id());
  CHECK(f.Kinds(late.id()) == std::vector<v1::ActivityKind>{v1::ACTIVITY_KIND_CREATED});
}

TEST_CASE("Nobody gets invoices by e-mail any more where the account does not", "[contact]") {
  LinkingFixture f;
  v1::Contact john = f.NewContact();
  john.set_receive_invoice_notifications(true);
  john = f.Create(john).value();
  account::v1::AccountUpdated updated;
  *updated.mutable_account() = f.fake_accounts.accounts["acc_gym"];
  updated.mutable_account()->set_invoice_delivery(account::v1::INVOICE_DELIVERY_MAIL);
  events::Event event;
  event.set_type(account::v1::AccountUpdated::descriptor()->full_name());
  event.mutable_data()->PackFrom(updated);
  AccountEvents handler(f.directory, f.mover);
  const auto effect = handler.Prepare({&event, 1});
  REQUIRE(effect.ok());
  REQUIRE(f.database->Write(*effect).ok());
  CHECK_FALSE(f.Get(john.id()).value().receive_invoice_notifications());
  CHECK(f.Published<v1::ContactUpdated>().size() == 1);
  const auto history = f.History(john.id());
  REQUIRE(history.front().changes_size() == 1);
  CHECK(history.front().changes(0).field() == "receive_invoice_notifications");
}

TEST_CASE("Where many get invoices by e-mail, they are told some at a time", "[contact]") {
  LinkingFixture f;
  for (int i = 0; i < 450; ++i) {
    v1::Contact contact = f.NewContact("c" + std::to_string(i) + "@example.com");
    contact.set_receive_invoice_notifications(true);
    REQUIRE(f.Create(contact).ok());
  }
  account::v1::Account account = f.fake_accounts.accounts["acc_gym"];
  account.set_invoice_delivery(account::v1::INVOICE_DELIVERY_MAIL);
  REQUIRE(f.database
              ->Write([&](storage::Session& session) -> absl::Status {
                const auto ends = f.directory.Save(session, account);
                if (!ends.ok() || !*ends) return absl::InternalError("not told");
                return f.mover.EndInvoicesByEmail(session, "acc_gym");
              })
              .ok());
  CHECK(f.Published<v1::ContactUpdated>().size() < 450);
  while (f.mover.Step() == absl::ZeroDuration()) {
  }
  CHECK(f.Published<v1::ContactUpdated>().size() == 450);
}

}  // namespace portico::contact
