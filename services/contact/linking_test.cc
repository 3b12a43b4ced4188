// Contacts that are unlinked, granted sites, merged, erased, and what their histories tell.
#include "libs/events/erasure.h"
#include "services/contact/linking_fixture.h"

namespace portico::contact {

TEST_CASE("An unlinked contact stays, sees nothing, and is changed no more", "[contact]") {
  LinkingFixture f;
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
  LinkingFixture f;
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
  LinkingFixture f;
  CHECK_FALSE(f.MaySee("con_nobody", "acc_gym"));
  CHECK_FALSE(f.UserMaySee("usr_nobody", "acc_gym"));
  v1::CheckAccessRequest request;
  request.mutable_question()->set_account_id("acc_gym");
  CHECK(FieldsOf(f.Call<v1::CheckAccessResponse>(request).status()) ==
        std::vector<std::string>{"question"});
}

TEST_CASE("A merge keeps what both had, under one id", "[contact]") {
  LinkingFixture f;
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
  LinkingFixture f;
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
  LinkingFixture f;
  const v1::Contact a = f.Make("a@example.com");
  const v1::Contact b = f.Make("b@example.com");
  const v1::Contact c = f.Make("c@example.com");
  REQUIRE(f.Merge(b.id(), a.id()).ok());
  REQUIRE(f.Merge(c.id(), b.id()).ok());
  CHECK(f.Get(a.id()).value().id() == c.id());
  CHECK(f.History(a.id()).size() == f.History(c.id()).size());
}

TEST_CASE("Erasing leaves that somebody was, and nothing of who", "[contact]") {
  LinkingFixture f;
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
  LinkingFixture f;
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

TEST_CASE("Access is switched off whatever the sites", "[contact]") {
  LinkingFixture f;
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

TEST_CASE("Who gets access again sees no more than before", "[contact]") {
  LinkingFixture f;
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
  LinkingFixture f;
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
  LinkingFixture f;
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
  LinkingFixture f;
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
