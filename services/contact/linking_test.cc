// Contacts that are unlinked, granted sites, merged, erased, and what their histories tell.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/events/erasure.h"
#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

struct Fixture : ContactFixture {
  v1::Contact Make(const std::string& email = "john@example.com",
                   const std::string& account_id = "acc_gym") {
    v1::Contact contact = NewContact(email);
    contact.set_account_id(account_id);
    return Create(contact).value();
  }

  absl::StatusOr<v1::Contact> Unlink(const std::string& id, const std::string& etag = "") {
    v1::UnlinkContactRequest request;
    request.set_id(id);
    request.set_etag(etag);
    request.set_reason("left the company");
    auto response = Call<v1::UnlinkContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Merge(const std::string& id, const std::string& loser_id) {
    v1::MergeContactsRequest request;
    request.set_id(id);
    request.set_loser_id(loser_id);
    auto response = Call<v1::MergeContactsResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Erase(const std::string& id) {
    v1::EraseContactRequest request;
    request.set_id(id);
    auto response = Call<v1::EraseContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Grant(const std::string& id, bool enabled,
                                    const std::vector<std::string>& sites) {
    v1::SetPortalAccessRequest request;
    request.set_id(id);
    request.mutable_portal_access()->set_enabled(enabled);
    request.mutable_portal_access()->set_all_sites(enabled && sites.empty());
    for (const std::string& site : sites) request.mutable_portal_access()->add_site_ids(site);
    auto response = Call<v1::SetPortalAccessResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  bool MaySee(const std::string& contact_id, const std::string& account_id,
              const std::string& site_id = "") {
    v1::CheckAccessRequest request;
    request.mutable_question()->set_contact_id(contact_id);
    request.mutable_question()->set_account_id(account_id);
    request.mutable_question()->set_site_id(site_id);
    const bool allowed = Call<v1::CheckAccessResponse>(request).value().allowed();
    v1::BatchCheckAccessRequest batch;
    *batch.add_questions() = request.question();
    *batch.add_questions() = request.question();
    const auto answers = Call<v1::BatchCheckAccessResponse>(batch).value();
    CHECK(answers.answers_size() == 2);
    CHECK(answers.answers(1).allowed() == allowed);
    return allowed;
  }

  bool UserMaySee(const std::string& portal_user_id, const std::string& account_id) {
    v1::CheckAccessRequest request;
    request.mutable_question()->set_portal_user_id(portal_user_id);
    request.mutable_question()->set_account_id(account_id);
    return Call<v1::CheckAccessResponse>(request).value().allowed();
  }

  std::vector<v1::Activity> History(const std::string& id, int32_t page_size = 0) {
    std::vector<v1::Activity> all;
    v1::ListActivityRequest request;
    request.set_contact_id(id);
    request.set_page_size(page_size);
    do {
      const auto page = Call<v1::ListActivityResponse>(request).value();
      if (page_size > 0) CHECK(page.activities_size() <= page_size);
      all.insert(all.end(), page.activities().begin(), page.activities().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  std::vector<v1::ActivityKind> Kinds(const std::string& id) {
    std::vector<v1::ActivityKind> kinds;
    for (const v1::Activity& activity : History(id)) kinds.push_back(activity.kind());
    return kinds;
  }

  void BecomePortalUser(const std::string& contact_id, const std::string& portal_user_id) {
    REQUIRE(database
                ->Write([&](storage::Session& session) {
                  return SavePortalUser(session, contact_id, portal_user_id,
                                        portal_user_id + ".name");
                })
                .ok());
  }

  template <class Event>
  std::vector<Event> Published() {
    std::vector<Event> published;
    for (const events::v1::Event& event : Events()) {
      Event payload;
      if (event.data().UnpackTo(&payload)) published.push_back(payload);
    }
    return published;
  }
};

}  // namespace

TEST_CASE("An unlinked contact stays, sees nothing, and is changed no more", "[contact]") {
  Fixture f;
  v1::Contact john = f.NewContact();
  john.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  john = f.Create(john).value();
  CHECK(f.MaySee(john.id(), "acc_gym"));
  CHECK(absl::IsAborted(f.Unlink(john.id(), "999").status()));
  const v1::Contact unlinked = f.Unlink(john.id(), john.etag()).value();
  CHECK(unlinked.has_unlink_time());
  CHECK(unlinked.etag() != john.etag());
  CHECK_FALSE(f.MaySee(john.id(), "acc_gym"));
  CHECK(f.Unlink(john.id()).value().etag() == unlinked.etag());  // Again is no change.
  CHECK(f.Published<v1::ContactUnlinked>().size() == 1);

  v1::Contact patch;
  patch.set_id(john.id());
  patch.set_title("Boss");
  CHECK(absl::IsFailedPrecondition(f.Update(patch, "title").status()));
  CHECK(absl::IsFailedPrecondition(f.Grant(john.id(), true, {}).status()));
  // Another can be the primary billing contact now.
  v1::Contact mary = f.NewContact("mary@example.com");
  mary.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  CHECK(f.Create(mary).ok());

  const auto history = f.History(john.id());
  REQUIRE(history.size() == 2);
  CHECK(history[0].kind() == v1::ACTIVITY_KIND_UNLINKED);
  CHECK(history[0].detail() == "left the company");
  CHECK(history[1].kind() == v1::ACTIVITY_KIND_CREATED);
}

TEST_CASE("A contact may see all sites, chosen ones or nothing", "[contact]") {
  Fixture f;
  const v1::Contact john = f.Make();
  CHECK(f.MaySee(john.id(), "acc_gym", "sit_downtown") == false);  // Not known here yet.
  f.fake_accounts.sites["sit_uptown"].set_id("sit_uptown");
  f.fake_accounts.sites["sit_uptown"].set_account_id("acc_gym");
  REQUIRE(f.Grant(john.id(), true, {"sit_uptown"}).ok());
  REQUIRE(f.Grant(john.id(), true, {"sit_downtown"}).ok());
  CHECK(f.MaySee(john.id(), "acc_gym", "sit_downtown"));
  CHECK(f.MaySee(john.id(), "acc_gym"));
  CHECK_FALSE(f.MaySee(john.id(), "acc_gym", "sit_uptown"));
  CHECK_FALSE(f.MaySee(john.id(), "acc_cafe"));
  REQUIRE(f.Grant(john.id(), true, {}).ok());
  CHECK(f.MaySee(john.id(), "acc_gym", "sit_uptown"));
  CHECK_FALSE(f.MaySee(john.id(), "acc_gym", "sit_cafe"));
  const v1::Contact off = f.Grant(john.id(), false, {}).value();
  CHECK_FALSE(off.portal_access_enabled());
  CHECK_FALSE(f.MaySee(john.id(), "acc_gym", "sit_uptown"));
  CHECK(f.Published<v1::ContactUpdated>().size() == 4);

  CHECK(FieldsOf(f.Grant(john.id(), true, {"sit_cafe"}).status()) ==
        std::vector<std::string>{"portal_access.site_ids"});
  CHECK(FieldsOf(f.Grant(john.id(), true, {"sit_nowhere"}).status()) ==
        std::vector<std::string>{"portal_access.site_ids"});
}

TEST_CASE("Whoever does not exist may see nothing", "[contact]") {
  Fixture f;
  CHECK_FALSE(f.MaySee("con_nobody", "acc_gym"));
  CHECK_FALSE(f.UserMaySee("usr_nobody", "acc_gym"));
  v1::CheckAccessRequest request;
  request.mutable_question()->set_account_id("acc_gym");
  CHECK(FieldsOf(f.Call<v1::CheckAccessResponse>(request).status()) ==
        std::vector<std::string>{"question"});
}

TEST_CASE("A merge keeps what both had, under one id", "[contact]") {
  Fixture f;
  v1::Contact winner = f.NewContact("john@example.com");
  winner.add_tags("gold");
  winner = f.Create(winner).value();
  v1::Contact loser = f.NewContact("j.doe@example.com");
  loser.set_title("Manager");
  loser.add_tags("gold");
  loser.add_tags("north");
  loser.set_external_id("E7");
  loser.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  loser.add_phones()->set_number("555 0100");
  loser = f.Create(loser).value();
  f.BecomePortalUser(loser.id(), "usr_john");
  REQUIRE(f.UserMaySee("usr_john", "acc_gym"));

  const v1::Contact merged = f.Merge(winner.id(), loser.id()).value();
  CHECK(merged.id() == winner.id());
  CHECK(merged.title() == "Manager");
  CHECK(merged.email() == "john@example.com");
  CHECK(merged.email2() == "j.doe@example.com");
  CHECK(merged.external_id() == "E7");
  CHECK(merged.billing_contact() == v1::BILLING_CONTACT_PRIMARY);
  CHECK(merged.phones_size() == 1);
  CHECK(std::vector<std::string>(merged.tags().begin(), merged.tags().end()) ==
        std::vector<std::string>{"gold", "north"});
  CHECK(merged.portal().portal_user_id() == "usr_john");
  CHECK(f.UserMaySee("usr_john", "acc_gym"));
  // The loser's id is another name for the winner.
  CHECK(f.Get(loser.id()).value().id() == winner.id());
  CHECK(f.MaySee(loser.id(), "acc_gym"));
  v1::BatchGetContactsRequest batch;
  batch.add_ids(loser.id());
  batch.add_ids(winner.id());
  const auto both = f.Call<v1::BatchGetContactsResponse>(batch).value();
  REQUIRE(both.contacts_size() == 1);
  CHECK(both.contacts(0).id() == winner.id());
  // Its history is in the winner's, which each id answers.
  CHECK(f.Kinds(loser.id()) == f.Kinds(winner.id()));
  const auto history = f.History(winner.id());
  REQUIRE(history.size() == 4);
  CHECK(history.back().kind() == v1::ACTIVITY_KIND_CREATED);
  const auto events = f.Published<v1::ContactsMerged>();
  REQUIRE(events.size() == 1);
  CHECK(events[0].winner().id() == winner.id());
  CHECK(events[0].loser().email() == "j.doe@example.com");

  // Asked for again it is the same; any other change of the loser is refused.
  CHECK(f.Merge(winner.id(), loser.id()).value().etag() == merged.etag());
  CHECK(absl::IsFailedPrecondition(f.Merge(loser.id(), winner.id()).status()));
  CHECK(absl::IsFailedPrecondition(f.Unlink(loser.id()).status()));
  // Who accepted the loser's invitation meanwhile is the winner's portal user.
  f.BecomePortalUser(loser.id(), "usr_second");
  CHECK(f.UserMaySee("usr_second", "acc_gym"));
}

TEST_CASE("Merges that cannot be are refused with the reason", "[contact]") {
  Fixture f;
  const v1::Contact john = f.Make();
  const v1::Contact other = f.Make("o@example.com", "acc_cafe");
  const v1::Contact left = f.Make("l@example.com");
  REQUIRE(f.Unlink(left.id()).ok());
  CHECK(FieldsOf(f.Merge(john.id(), john.id()).status()) == std::vector<std::string>{"loser_id"});
  CHECK(rpc::ReasonOf(f.Merge(john.id(), other.id()).status()) == "DIFFERENT_ACCOUNTS");
  CHECK(rpc::ReasonOf(f.Merge(john.id(), left.id()).status()) == "CONTACT_UNLINKED");
  CHECK(absl::IsNotFound(f.Merge(john.id(), "con_nobody").status()));
}

TEST_CASE("A chain of merges leads to the last winner", "[contact]") {
  Fixture f;
  const v1::Contact a = f.Make("a@example.com");
  const v1::Contact b = f.Make("b@example.com");
  const v1::Contact c = f.Make("c@example.com");
  REQUIRE(f.Merge(b.id(), a.id()).ok());
  REQUIRE(f.Merge(c.id(), b.id()).ok());
  CHECK(f.Get(a.id()).value().id() == c.id());
  CHECK(f.History(a.id()).size() == f.History(c.id()).size());
}

TEST_CASE("Erasing leaves that somebody was, and nothing of who", "[contact]") {
  Fixture f;
  v1::Contact john = f.NewContact("john@example.com");
  john.set_note("likes coffee");
  john = f.Create(john).value();
  v1::Contact patch;
  patch.set_id(john.id());
  patch.mutable_name()->set_display("Johnny Doe");
  REQUIRE(f.Update(patch, "name").ok());
  const v1::Contact twin = f.Make("twin@example.com");
  REQUIRE(f.Merge(john.id(), twin.id()).ok());
  f.BecomePortalUser(john.id(), "usr_john");

  f.clock.Advance(absl::Seconds(1));
  const v1::Contact erased = f.Erase(john.id()).value();
  CHECK(erased.id() == john.id());
  CHECK(erased.has_erase_time());
  CHECK(erased.has_unlink_time());
  CHECK_FALSE(f.UserMaySee("usr_john", "acc_gym"));
  CHECK(f.Erase(john.id()).value().etag() == erased.etag());
  // In the row, in the history, and in the log once that was gone through.
  REQUIRE(f.log.LastPosition().ok());  // All events have their positions.
  events::Erasure erasure(*f.database);
  while (erasure.RunOnce() == absl::ZeroDuration()) {
  }
  std::string all = erased.DebugString();
  for (const v1::Activity& activity : f.History(john.id())) all += activity.DebugString();
  for (const v1::ContactCreated& event : f.Published<v1::ContactCreated>()) {
    all += event.DebugString();
  }
  for (const v1::ContactUpdated& event : f.Published<v1::ContactUpdated>()) {
    all += event.DebugString();
  }
  for (const v1::ContactsMerged& event : f.Published<v1::ContactsMerged>()) {
    all += event.DebugString();
  }
  for (const v1::ContactErased& event : f.Published<v1::ContactErased>()) {
    all += event.DebugString();
  }
  for (const char* trace : {"John", "john@", "twin@", "coffee", ".name"}) {
    CAPTURE(trace);
    CHECK(all.find(trace) == std::string::npos);
  }
  CHECK(f.Published<v1::ContactErased>().size() == 2);
  CHECK(f.Kinds(john.id()).front() == v1::ACTIVITY_KIND_ERASED);
}

TEST_CASE("A history tells who changed what, page by page", "[contact]") {
  Fixture f;
  const v1::Contact john = f.Make();
  for (const char* title : {"Clerk", "Manager", "Boss"}) {
    f.clock.Advance(absl::Minutes(1));
    v1::Contact patch;
    patch.set_id(john.id());
    patch.set_title(title);
    REQUIRE(f.Update(patch, "title").ok());
  }
  for (const int32_t page_size : {0, 1, 2, 4, 5}) {
    const auto history = f.History(john.id(), page_size);
    REQUIRE(history.size() == 4);
    CHECK(history[0].kind() == v1::ACTIVITY_KIND_UPDATED);
    REQUIRE(history[0].changes_size() == 1);
    CHECK(history[0].changes(0).field() == "title");
    CHECK(history[0].changes(0).old_value() == "Manager");
    CHECK(history[0].changes(0).new_value() == "Boss");
    CHECK_FALSE(history[0].actor().empty());
    CHECK(history[0].actor() == history[3].actor());
    CHECK(history[3].kind() == v1::ACTIVITY_KIND_CREATED);
  }
  v1::ListActivityRequest request;
  request.set_contact_id("con_nobody");
  CHECK(absl::IsNotFound(f.Call<v1::ListActivityResponse>(request).status()));
}

TEST_CASE("An account's contacts go over to the one it was merged into", "[contact]") {
  Fixture f;
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
  Fixture f;
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
  Fixture f;
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
  Fixture f;
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

TEST_CASE("Access is switched off whatever the sites", "[contact]") {
  Fixture f;
  const v1::Contact john = f.Create(f.NewContact()).value();
  f.fake_accounts.sites["sit_uptown"].set_id("sit_uptown");
  f.fake_accounts.sites["sit_uptown"].set_account_id("acc_gym");
  REQUIRE(f.Grant(john.id(), true, {"sit_downtown"}).ok());
  v1::Contact patch;
  patch.set_id(john.id());
  patch.set_site_id("sit_uptown");
  REQUIRE(f.Update(patch, "site_id").ok());
  v1::SetPortalAccessRequest off;
  off.set_id(john.id());
  off.mutable_portal_access()->set_enabled(false);
  CHECK(f.Call<v1::SetPortalAccessResponse>(off).ok());
  CHECK_FALSE(f.MaySee(john.id(), "acc_gym"));
}

TEST_CASE("A merge of accounts is in the histories of both", "[contact]") {
  Fixture f;
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
  Fixture f;
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
  Fixture f;
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

TEST_CASE("Who gets access again sees no more than before", "[contact]") {
  Fixture f;
  const v1::Contact john = f.Create(f.NewContact()).value();
  v1::SetPortalAccessRequest request;
  request.set_id(john.id());
  request.mutable_portal_access()->set_enabled(true);
  request.mutable_portal_access()->add_site_ids("sit_downtown");
  REQUIRE(f.Call<v1::SetPortalAccessResponse>(request).ok());
  request.mutable_portal_access()->Clear();  // Switched off, and no more said.
  REQUIRE(f.Call<v1::SetPortalAccessResponse>(request).ok());
  v1::Contact patch;
  patch.set_id(john.id());
  patch.set_portal_access_enabled(true);
  CHECK(f.Update(patch, "portal_access_enabled").value().portal_site_ids_size() == 1);
  patch.clear_portal_access_enabled();
  CHECK(FieldsOf(f.Update(patch, "portal_access_enabled").status()) ==
        std::vector<std::string>{"contact.portal_access_enabled"});
  request.mutable_portal_access()->set_all_sites(true);
  request.mutable_portal_access()->add_site_ids("sit_downtown");
  CHECK(FieldsOf(f.Call<v1::SetPortalAccessResponse>(request).status()) ==
        std::vector<std::string>{"portal_access.site_ids"});
}

TEST_CASE("Unlinking and erasing are safe to repeat", "[contact]") {
  Fixture f;
  const v1::Contact john = f.Create(f.NewContact()).value();
  v1::UnlinkContactRequest unlink;
  unlink.set_id(john.id());
  unlink.set_etag(john.etag());
  const auto unlinked = f.Call<v1::UnlinkContactResponse>(unlink).value().contact();
  CHECK(f.History(john.id()).front().changes().empty());
  CHECK(f.Call<v1::UnlinkContactResponse>(unlink).value().contact().etag() == unlinked.etag());
  v1::EraseContactRequest erase;
  erase.set_id(john.id());
  erase.set_etag("0");
  const absl::Status stale = f.Call<v1::EraseContactResponse>(erase).status();
  CHECK(absl::IsAborted(stale));
  CHECK(stale.message() == "etag: got \"0\", which is not the present one: read it again");
  erase.set_etag(unlinked.etag());
  REQUIRE(f.Call<v1::EraseContactResponse>(erase).ok());
  CHECK(f.Call<v1::EraseContactResponse>(erase).ok());
  // Whoever accepts meanwhile leaves no user ID, which may be an address.
  f.BecomePortalUser(john.id(), "usr_1");
  CHECK(f.Get(john.id()).value().portal().user_id().empty());
}

TEST_CASE("An invitation accepted during a merge is shown on the contact that stayed",
          "[contact]") {
  Fixture f;
  const v1::Contact john = f.Create(f.NewContact()).value();
  const v1::Contact twin = f.Create(f.NewContact("twin@example.com")).value();
  REQUIRE(f.Merge(john.id(), twin.id()).ok());
  f.BecomePortalUser(twin.id(), "usr_1");
  REQUIRE(f.database
              ->Write([&](storage::Session& session) {
                return SaveInvitationState(session, twin.id(), "inv_1",
                                           invitation::v1::INVITATION_STATE_ACCEPTED);
              })
              .ok());
  f.BecomePortalUser(twin.id(), "usr_2");  // The first one stays.
  const auto portal = f.Get(john.id()).value().portal();
  CHECK(portal.portal_user_id() == "usr_1");
  CHECK(portal.invitation_state() == invitation::v1::INVITATION_STATE_ACCEPTED);
}

TEST_CASE("The contacts of a new account are created together, once", "[contact]") {
  Fixture f;
  rpc::Peer account = f.service.AsService("account");
  v1::CreateContactsRequest request;
  request.set_account_id("acc_new");
  request.set_account_number("4941");
  request.set_request_id("r1");
  request.set_created_by("jane");
  for (const char* email : {"a@example.com", "b@example.com"}) {
    v1::Contact& contact = *request.add_contacts();
    contact = f.NewContact(email);
    contact.set_account_id("acc_new");
  }
  request.set_validate_only(true);
  CHECK(account.Call<v1::CreateContactsResponse>(request).status() == absl::OkStatus());
  CHECK(f.Events().empty());
  request.set_validate_only(false);
  const auto first = account.Call<v1::CreateContactsResponse>(request).value();
  REQUIRE(first.contacts_size() == 2);
  CHECK(first.contacts(0).account_id() == "acc_new");
  const auto again = account.Call<v1::CreateContactsResponse>(request).value();
  CHECK(again.contacts(1).id() == first.contacts(1).id());
  CHECK(again.contacts(0).created_by() == "jane");
  request.set_validate_only(true);
  for (v1::Contact& contact : *request.mutable_contacts()) contact.set_external_id("E1");
  CHECK(FieldsOf(account.Call<v1::CreateContactsResponse>(request).status()) ==
        std::vector<std::string>{"contacts[1].external_id"});
  for (v1::Contact& contact : *request.mutable_contacts()) contact.clear_external_id();
  request.set_validate_only(false);
  CHECK(f.Published<v1::ContactCreated>().size() == 2);

  request.set_request_id("r2");
  request.mutable_contacts(1)->set_email("b@");
  CHECK(FieldsOf(account.Call<v1::CreateContactsResponse>(request).status()) ==
        std::vector<std::string>{"contacts[1].email"});
  request.mutable_contacts(1)->set_email("b@example.com");
  request.mutable_contacts(0)->set_receive_invoice_notifications(true);
  CHECK(FieldsOf(account.Call<v1::CreateContactsResponse>(request).status()) ==
        std::vector<std::string>{"contacts[0].receive_invoice_notifications"});
  CHECK(f.Published<v1::ContactCreated>().size() == 2);
  CHECK(absl::IsPermissionDenied(f.Call<v1::CreateContactsResponse>(request).status()));
}

}  // namespace portico::contact
