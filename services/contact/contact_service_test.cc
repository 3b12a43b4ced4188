#include "services/contact/contact_service.h"

#include <google/protobuf/util/time_util.h>

#include <set>

#include "portico/contact/v1/contact_events.pb.h"
#include "services/contact/contact_fixture.h"

namespace portico::contact {
namespace {

using Fields = std::vector<std::string>;

TEST_CASE_METHOD(ContactFixture, "A contact comes back with all that it was created with",
                 "[contact]") {
  v1::Contact wanted = NewContact();
  wanted.set_site_id("sit_downtown");
  wanted.set_title("Manager");
  wanted.mutable_name()->set_first("John");
  wanted.mutable_name()->set_last("Doe");
  wanted.mutable_name()->set_display("Johnny");
  wanted.set_email2("doe@example.org");
  for (int i = 0; i < 4; ++i) {
    v1::Phone& phone = *wanted.add_phones();
    phone.set_kind(v1::PHONE_KIND_MOBILE);
    phone.set_number("651-555-010" + std::to_string(i));
    phone.set_extension("7");
  }
  wanted.set_note("Two lines,\nboth kept.");
  wanted.set_receive_service_notifications(true);
  wanted.set_service_notification_method(v1::NOTIFICATION_METHOD_TEXT);
  wanted.set_request_notification_method(v1::NOTIFICATION_METHOD_PHONE);
  wanted.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  wanted.set_receive_invoice_notifications(true);
  wanted.set_receive_past_due_notifications(true);
  wanted.set_mobile_opt_out(true);
  wanted.set_portal_access_enabled(false);
  wanted.add_tags("owner");
  wanted.add_tags("night shift");

  const v1::Contact created = Create(wanted).value();

  CHECK(created.id().rfind("con_", 0) == 0);
  CHECK(created.create_time().seconds() == absl::ToUnixSeconds(clock.Now()));
  CHECK_FALSE(created.etag().empty());
  wanted.set_id(created.id());
  *wanted.mutable_create_time() = created.create_time();
  *wanted.mutable_update_time() = created.create_time();
  wanted.set_etag(created.etag());
  wanted.set_created_by("tester");
  CHECK(created.ShortDebugString() == wanted.ShortDebugString());
  CHECK(Get(created.id()).value().ShortDebugString() == wanted.ShortDebugString());
}

TEST_CASE_METHOD(ContactFixture, "Creating a contact publishes ContactCreated", "[contact]") {
  const v1::Contact contact = Create(NewContact()).value();
  REQUIRE(Events().size() == 1);
  const events::v1::Event event = Events().front();
  v1::ContactCreated created;
  REQUIRE(event.data().UnpackTo(&created));
  CHECK(created.contact().ShortDebugString() == contact.ShortDebugString());
  CHECK(event.subject() == contact.id());
  CHECK(event.partition() == "acc_gym");
}

TEST_CASE_METHOD(ContactFixture, "What a contact is given is put into order", "[contact]") {
  v1::Contact contact = NewContact("  John@Example.COM ");
  contact.mutable_name()->Clear();
  contact.mutable_name()->set_first(" John ");
  contact.mutable_name()->set_last("Doe");
  for (const char* tag : {" owner", "", "owner ", "  ", "keys"}) contact.add_tags(tag);
  contact = Create(contact).value();
  CHECK(contact.name().display() == "John Doe");
  CHECK(contact.email() == "John@example.com");
  REQUIRE(contact.tags_size() == 2);
  CHECK(contact.tags(0) == "owner");
  CHECK(contact.tags(1) == "keys");
  CHECK(contact.portal_access_enabled());
}

TEST_CASE_METHOD(ContactFixture, "A repeated CreateContact answers the first contact",
                 "[contact]") {
  const v1::Contact first = Create(NewContact(), "r1").value();
  CHECK(Create(NewContact(), "r1").value().ShortDebugString() == first.ShortDebugString());
  CHECK(Events().size() == 1);
}

TEST_CASE_METHOD(ContactFixture, "A request id that comes with another contact writes nothing",
                 "[contact]") {
  REQUIRE(Create(NewContact(), "r1").ok());
  const absl::Status status = Create(NewContact("jane@example.com"), "r1").status();
  CHECK(status.code() == absl::StatusCode::kAlreadyExists);
  CHECK(rpc::ReasonOf(status) == "REQUEST_ID_REUSED");
  CHECK(Events().size() == 1);
  CHECK(Call<v1::ListContactsResponse>(v1::ListContactsRequest()).value().contacts_size() == 1);
}

TEST_CASE_METHOD(ContactFixture, "CreateContact names every field that is wrong", "[contact]") {
  v1::Contact contact = NewContact();
  SECTION("what is missing") {
    contact.clear_account_id();
    contact.clear_name();
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.account_id", "contact.name"});
  }
  SECTION("a name of blanks") {
    contact.mutable_name()->set_display("  ");
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.name"});
  }
  SECTION("an overlong name and note") {
    contact.mutable_name()->set_first(std::string(101, 'x'));
    contact.set_note(std::string(4001, 'x'));
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.name.first", "contact.note"});
  }
  SECTION("a line break in a name") {
    contact.mutable_name()->set_display("John\r\nBcc: x@example.com");
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.name.display"});
  }
  SECTION("e-mail addresses that are none") {
    contact.set_email("x@");
    contact.set_email2("two@example.com, three@example.com");
    const absl::Status status = Create(contact).status();
    CHECK(FieldsOf(status) == Fields{"contact.email", "contact.email2"});
    CHECK_THAT(std::string(status.message()),
               Catch::Contains(R"(contact.email: got "x@", want an e-mail address)"));
  }
  SECTION("an overlong e-mail address") {
    contact.set_email(std::string(250, 'x') + "@example.com");
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.email"});
  }
  SECTION("a phone without a number, and five phones") {
    contact.add_phones()->set_kind(v1::PHONE_KIND_HOME);
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.phones[0].number"});
    for (int i = 0; i < 4; ++i) contact.add_phones()->set_number("1");
    CHECK(FieldsOf(Create(contact).status()) == Fields{"contact.phones"});
  }
  CHECK(Events().empty());
}

TEST_CASE_METHOD(ContactFixture, "An account has one primary billing contact", "[contact]") {
  v1::Contact first = NewContact();
  first.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  first = Create(first).value();
  v1::Contact second = NewContact("jane@example.com");
  second.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  absl::Status status = Create(second).status();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Catch::Contains("contact.billing_contact"));

  second.set_billing_contact(v1::BILLING_CONTACT_SECONDARY);
  second = Create(second).value();
  second.set_billing_contact(v1::BILLING_CONTACT_PRIMARY);
  status = Update(second, "billing_contact").status();
  CHECK(rpc::ReasonOf(status) == "PRIMARY_BILLING_CONTACT_EXISTS");

  second.set_account_id("acc_cafe");
  CHECK(Create(second).ok());
  first.set_billing_contact(v1::BILLING_CONTACT_NONE);
  REQUIRE(Update(first, "billing_contact").ok());
  second.set_account_id("acc_gym");
  CHECK(Update(second, "billing_contact").ok());
}

TEST_CASE_METHOD(ContactFixture, "UpdateContact changes what the mask names and publishes it",
                 "[contact]") {
  const v1::Contact before = Create(NewContact()).value();
  clock.Advance(absl::Seconds(5));
  v1::Contact patch;
  patch.set_id(before.id());
  patch.set_email("jane@example.com");
  patch.set_title("not in the mask");
  const v1::Contact after = Update(patch, "email").value();
  CHECK(after.email() == "jane@example.com");
  CHECK(after.title().empty());
  CHECK(after.etag() != before.etag());
  CHECK(after.update_time().seconds() == before.update_time().seconds() + 5);
  CHECK(after.create_time().seconds() == before.create_time().seconds());
  CHECK(Get(before.id()).value().ShortDebugString() == after.ShortDebugString());
  v1::ContactUpdated event;
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.contact().ShortDebugString() == after.ShortDebugString());
  CHECK(event.previous_email() == "john@example.com");
  CHECK(Events().back().partition() == "acc_gym");

  patch.set_title("Owner");
  REQUIRE(Update(patch, "title").ok());
  REQUIRE(Events().back().data().UnpackTo(&event));
  CHECK(event.previous_email().empty());
}

TEST_CASE_METHOD(ContactFixture,
                 "A later version has a later update time, with a clock set back too",
                 "[contact]") {
  const v1::Contact before = Create(NewContact()).value();
  clock.Advance(-absl::Hours(1));
  v1::Contact patch = before;
  patch.set_title("Manager");
  const v1::Contact after = Update(patch, "title").value();
  using google::protobuf::util::TimeUtil;
  CHECK(TimeUtil::TimestampToMicroseconds(after.update_time()) >
        TimeUtil::TimestampToMicroseconds(before.update_time()));
  CHECK(Get(before.id())->update_time().seconds() == after.update_time().seconds());
}

TEST_CASE_METHOD(ContactFixture, "A display name follows the names it was made from", "[contact]") {
  v1::Contact contact = NewContact();
  contact.mutable_name()->Clear();
  contact.mutable_name()->set_first("John");
  contact.mutable_name()->set_last("Doe");
  contact = Create(contact).value();
  contact.mutable_name()->set_first("Jane");
  contact = Update(contact, "name.first").value();
  CHECK(contact.name().display() == "Jane Doe");
  contact.mutable_name()->set_display("J. Doe");
  contact = Update(contact, "name.display").value();
  contact.mutable_name()->set_first("Joan");
  CHECK(Update(contact, "name.first").value().name().display() == "J. Doe");
}

TEST_CASE_METHOD(ContactFixture, "An update that changes nothing is neither written nor published",
                 "[contact]") {
  const v1::Contact before = Create(NewContact()).value();
  clock.Advance(absl::Seconds(5));
  CHECK(Update(before, "").value().ShortDebugString() == before.ShortDebugString());
  CHECK(Events().size() == 1);
}

TEST_CASE_METHOD(ContactFixture, "UpdateContact refuses what it cannot do", "[contact]") {
  v1::Contact contact = Create(NewContact()).value();
  SECTION("a stale etag") {
    v1::Contact newer = contact;
    newer.set_title("Owner");
    REQUIRE(Update(newer, "title").ok());
    contact.set_title("Manager");
    const absl::Status status = Update(contact, "title").status();
    CHECK(status.code() == absl::StatusCode::kAborted);
    CHECK(rpc::ReasonOf(status) == "ETAG_STALE");
    CHECK(Get(contact.id()).value().title() == "Owner");
  }
  SECTION("an unknown path") {
    CHECK(FieldsOf(Update(contact, "shoe_size").status()) == Fields{"update_mask"});
  }
  SECTION("another account") {
    contact.set_account_id("acc_cafe");
    CHECK(FieldsOf(Update(contact, "").status()) == Fields{"contact.account_id"});
  }
  SECTION("an e-mail address that is none") {
    contact.set_email("john");
    CHECK(FieldsOf(Update(contact, "email").status()) == Fields{"contact.email"});
  }
  SECTION("portal state, which is not the caller's") {
    contact.mutable_portal()->set_is_portal_user(true);
    CHECK_FALSE(Update(contact, "portal").value().portal().is_portal_user());
  }
  SECTION("a contact that does not exist") {
    contact.set_id("con_none");
    CHECK(Update(contact, "title").status().code() == absl::StatusCode::kNotFound);
  }
  CHECK(Get("con_none").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE_METHOD(ContactFixture, "A list can be paged through while contacts are added",
                 "[contact]") {
  std::set<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.insert(Create(NewContact()).value().id());
    clock.Advance(absl::Seconds(1));
  }
  v1::ListContactsRequest request;
  request.set_page_size(2);
  request.set_account_id("acc_gym");
  std::vector<std::string> seen;
  for (int page = 0;; ++page) {
    const auto response = Call<v1::ListContactsResponse>(request).value();
    for (const v1::Contact& contact : response.contacts()) seen.push_back(contact.id());
    if (page == 0) ids.insert(Create(NewContact()).value().id());
    if (response.next_page_token().empty()) break;
    CHECK(response.contacts_size() == 2);
    request.set_page_token(response.next_page_token());
  }
  CHECK(seen == std::vector<std::string>(ids.begin(), ids.end()));
}

TEST_CASE_METHOD(ContactFixture, "A list holds what its filters ask for", "[contact]") {
  v1::Contact wanted = NewContact();
  const std::string of_account = Create(wanted).value().id();
  clock.Advance(absl::Seconds(1));
  wanted.set_site_id("sit_downtown");
  wanted.set_email("Jane@example.com");
  const std::string of_site = Create(wanted).value().id();
  clock.Advance(absl::Seconds(1));
  wanted = NewContact("jane@example.com");
  wanted.set_account_id("acc_cafe");
  const std::string of_cafe = Create(wanted).value().id();

  const auto ids = [this](const v1::ListContactsRequest& request) {
    std::vector<std::string> found;
    const auto response = Call<v1::ListContactsResponse>(request).value();
    for (const v1::Contact& contact : response.contacts()) found.push_back(contact.id());
    return found;
  };
  v1::ListContactsRequest request;
  CHECK(ids(request) == std::vector<std::string>{of_account, of_site, of_cafe});
  request.set_email(" JANE@Example.com");
  CHECK(ids(request) == std::vector<std::string>{of_site, of_cafe});
  request.set_account_id("acc_gym");
  CHECK(ids(request) == std::vector<std::string>{of_site});
  request.clear_email();
  CHECK(ids(request) == std::vector<std::string>{of_account, of_site});
  request.set_site_id("sit_downtown");
  CHECK(ids(request) == std::vector<std::string>{of_site});

  request.clear_site_id();
  request.set_page_size(1);
  request.set_page_token(Call<v1::ListContactsResponse>(request).value().next_page_token());
  request.set_account_id("acc_cafe");
  CHECK(FieldsOf(Call<v1::ListContactsResponse>(request).status()) == Fields{"page_token"});
}

TEST_CASE_METHOD(ContactFixture, "BatchGetContacts answers those that exist, each once",
                 "[contact]") {
  v1::BatchGetContactsRequest request;
  std::multiset<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.insert(Create(NewContact()).value().id());
    request.add_ids(*ids.begin());
  }
  for (const std::string& id : ids) request.add_ids(id);
  request.add_ids("con_none");
  std::multiset<std::string> found;
  const auto response = Call<v1::BatchGetContactsResponse>(request).value();
  for (const v1::Contact& contact : response.contacts()) found.insert(contact.id());
  CHECK(found == ids);
}

}  // namespace
}  // namespace portico::contact
