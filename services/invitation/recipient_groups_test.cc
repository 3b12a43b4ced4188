#include "services/invitation/recipient_groups.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "portico/account/v1/account_events.pb.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/invitation/bulk_company.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

const auto kSomebody = [](contact::v1::Contact&) {};

void Switch(account::v1::Account& account, bool on) {
  account.set_automatic_payment(on);
  account.set_active_service_count(on ? 2 : 0);
  account.mutable_balance_due()->set_amount_minor(on ? 500 : 0);
}

TEST_CASE("Each contact is counted in one group, the first that fits", "[counts]") {
  BulkCompany world;
  world.PutAccount("acc_1");
  world.PutAccount("acc_closed", [](auto& account) {
    account.set_status(account::v1::ACCOUNT_STATUS_CLOSED);
  });
  const auto off = [](contact::v1::Contact& contact) {
    contact.set_portal_access_enabled(false);
  };
  world.PutContact("con_never", "acc_1", kSomebody);
  world.PutContact("con_invited", "acc_1", kSomebody);
  world.PutContact("con_revoked", "acc_1", kSomebody);
  world.PutContact("con_bounced", "acc_1", kSomebody);
  world.PutContact("con_invalid", "acc_1", [](auto& contact) { contact.set_email("nobody"); });
  world.PutContact("con_mailless", "acc_1", [](auto& contact) { contact.clear_email(); });
  world.PutContact("con_closed", "acc_closed", [](auto& contact) { contact.clear_email(); });
  world.PutContact("con_off", "acc_closed", off);
  world.PutContact("con_accepted", "acc_closed", off);
  world.PutContact("con_gone", "acc_1", [](auto& contact) {
    contact.mutable_unlink_time()->set_seconds(1);
  });
  REQUIRE(world.FromRegistration({world.Joined("con_accepted", "usr_1")}).ok());
  world.sink.ReplyToRecipient("con_bounced@example.com", "550 5.1.1 gone");
  REQUIRE(world.Send("con_invited").ok());
  REQUIRE(world.Send("con_bounced").ok());
  REQUIRE(world.Revoke(world.Send("con_revoked")->id()).ok());
  world.Deliver();

  const RecipientCounts counts = world.Counts();
  CHECK(counts.total() == 9);
  CHECK(counts.will_be_mailed() == 2);
  const auto listed = [&](RecipientGroup group) { return world.Listed(group); };
  CHECK(listed(RECIPIENT_GROUP_ACCEPTED) == std::vector<std::string>{"con_accepted"});
  CHECK(listed(RECIPIENT_GROUP_ACCESS_OFF) == std::vector<std::string>{"con_off"});
  CHECK(listed(RECIPIENT_GROUP_ACCOUNT_NOT_ACTIVE) == std::vector<std::string>{"con_closed"});
  CHECK(listed(RECIPIENT_GROUP_NO_EMAIL) == std::vector<std::string>{"con_mailless"});
  CHECK(listed(RECIPIENT_GROUP_INVALID_EMAIL) == std::vector<std::string>{"con_invalid"});
  CHECK(listed(RECIPIENT_GROUP_SUPPRESSED) == std::vector<std::string>{"con_bounced"});
  CHECK(listed(RECIPIENT_GROUP_INVITED) == std::vector<std::string>{"con_invited"});
  CHECK(listed(RECIPIENT_GROUP_NEVER_INVITED) ==
        std::vector<std::string>{"con_never", "con_revoked"});
  int64_t sum = 0;
  for (const GroupCount& one : counts.groups()) {
    CHECK(one.count() == static_cast<int64_t>(listed(one.group()).size()));
    sum += one.count();
  }
  CHECK(sum == counts.total());

  RecipientFilter all = BulkCompany::Filter();
  all.set_include_invited(true);
  CHECK(world.Counts(all).will_be_mailed() == 3);
  CHECK(world.Listed(RECIPIENT_GROUP_UNSPECIFIED, /*only_will_be_mailed=*/true, all).size() == 3);
}

TEST_CASE("Every condition of a filter counts", "[counts]") {
  BulkCompany world;
  world.PutAccount("acc_1", [](auto& account) {
    account.set_bill_group_id("bgr_1");
    account.set_account_source_id("asr_1");
    Switch(account, true);
  });
  world.PutAccount("acc_2", [](auto& account) { Switch(account, false); });
  world.PutAccount("acc_far", [](auto& account) { account.set_division_id("div_far"); });
  world.PutSite("sit_1", "acc_1", "ssr_a");
  world.PutSite("sit_2", "acc_1", "ssr_b");
  world.PutSite("sit_3", "acc_2", "ssr_b");
  world.PutContact("con_1", "acc_1", [](auto& contact) {
    contact.set_billing_contact(contact::v1::BILLING_CONTACT_PRIMARY);
  });
  world.PutContact("con_1_a", "acc_1", [](auto& contact) { contact.set_site_id("sit_1"); });
  world.PutContact("con_2", "acc_2", kSomebody);
  world.PutContact("con_far", "acc_far", kSomebody);

  const auto found = [&](const std::function<void(RecipientFilter&)>& narrow) {
    RecipientFilter filter = BulkCompany::Filter();
    narrow(filter);
    std::vector<std::string> ids =
        world.Listed(RECIPIENT_GROUP_UNSPECIFIED, /*only_will_be_mailed=*/false, filter);
    std::ranges::sort(ids);
    CHECK(world.Counts(filter).total() == static_cast<int64_t>(ids.size()));
    return ids;
  };
  using Ids = std::vector<std::string>;
  CHECK(found([](auto&) {}) == Ids{"con_1", "con_1_a", "con_2"});
  CHECK(found([](auto& f) { f.set_division_id("div_far"); }) == Ids{"con_far"});
  CHECK(found([](auto& f) { f.set_account_class_id("cls_other"); }).empty());
  CHECK(found([](auto& f) { f.set_bill_group_id("bgr_1"); }) == Ids{"con_1", "con_1_a"});
  CHECK(found([](auto& f) { f.set_account_source_id("asr_1"); }) == Ids{"con_1", "con_1_a"});
  CHECK(found([](auto& f) { f.set_site_source_id("ssr_a"); }) == Ids{"con_1", "con_1_a"});
  CHECK(found([](auto& f) { f.set_site_source_id("ssr_b"); }) == Ids{"con_1", "con_2"});
  CHECK(found([](auto& f) { f.set_site_source_id("ssr_"); }).empty());
  CHECK(found([](auto& f) { f.set_with_active_service(true); }) == Ids{"con_1", "con_1_a"});
  CHECK(found([](auto& f) { f.set_with_balance_due(true); }) == Ids{"con_1", "con_1_a"});
  CHECK(found([](auto& f) { f.set_without_automatic_payment(true); }) == Ids{"con_2"});
  CHECK(found([](auto& f) { f.set_only_billing_contacts(true); }) == Ids{"con_1"});
}

TEST_CASE("Counts follow what changes", "[counts]") {
  BulkCompany world;
  world.PutContacts(5);
  CHECK(world.CountOf(RECIPIENT_GROUP_NEVER_INVITED) == 5);

  SECTION("an account") {
    world.PutAccount("acc_many", [](auto& account) {
      account.set_status(account::v1::ACCOUNT_STATUS_SUSPENDED);
    });
    CHECK(world.CountOf(RECIPIENT_GROUP_ACCOUNT_NOT_ACTIVE) == 5);
    world.PutAccount("acc_many", [](auto& account) { account.set_division_id("div_far"); });
    CHECK(world.Counts().total() == 0);
  }
  SECTION("the class of an account, and whether a class has the portal") {
    world.PutAccount("acc_many",
                     [](auto& account) { account.set_account_class_id(kClassWithout); });
    CHECK(world.CountOf(RECIPIENT_GROUP_ACCESS_OFF) == 5);
    CHECK(world.Counts().will_be_mailed() == 0);
    CHECK(world.Listed(RECIPIENT_GROUP_ACCESS_OFF).size() == 5);
    account::v1::AccountClassSaved saved;
    saved.mutable_account_class()->set_id(kClassWithout);
    saved.mutable_account_class()->mutable_portal()->set_access_enabled(true);
    REQUIRE(world.FromAccount({&saved}).ok());
    CHECK(world.Counts().will_be_mailed() == 5);
  }
  SECTION("news that comes late changes nothing") {
    world.PutAccount("acc_many", [](auto& account) {
      account.set_status(account::v1::ACCOUNT_STATUS_CLOSED);
      account.mutable_update_time()->set_seconds(account.update_time().seconds() - 10);
    });
    CHECK(world.CountOf(RECIPIENT_GROUP_NEVER_INVITED) == 5);
  }
  SECTION("a merge of accounts") {
    world.PutAccount("acc_winner", [](auto& account) { account.set_division_id("div_far"); });
    account::v1::AccountsMerged merged;
    merged.set_loser_id("acc_many");
    merged.mutable_winner()->set_id("acc_winner");
    merged.mutable_winner()->set_division_id("div_far");
    REQUIRE(world.FromAccount({&merged}).ok());
    CHECK(world.Counts().total() == 0);
  }
  SECTION("what a contact loses") {
    contact::v1::ContactErased erased;
    *erased.mutable_contact() = world.John("");
    erased.mutable_contact()->set_id("con_001");
    erased.mutable_contact()->set_account_id("acc_many");
    erased.mutable_contact()->mutable_erase_time()->set_seconds(1);
    REQUIRE(world.FromContact({world.Told(erased)}).ok());
    CHECK(world.Counts().total() == 4);
  }
}

TEST_CASE("A count that went wrong is made right again", "[counts]") {
  BulkCompany world;
  world.PutContacts(3);
  CHECK(world.Counts().total() == 3);
  REQUIRE(world.database
              ->Write([](storage::Session& session) {
                return session.Execute("update recipient_count set count = 17");
              })
              .ok());
  CHECK(world.Counts().total() == 17);
  REQUIRE(world.database
              ->Write([&](storage::Session& session) -> absl::Status {
                const auto segments = world.stores.groups.Segments(session, 0, 10);
                REQUIRE(segments.ok());
                for (const int64_t segment : *segments) {
                  const absl::Status counted = world.stores.groups.CountAnew(session, segment);
                  if (!counted.ok()) return counted;
                }
                return absl::OkStatus();
              })
              .ok());
  CHECK(world.Counts().total() == 3);
}

}  // namespace
}  // namespace portico::invitation
