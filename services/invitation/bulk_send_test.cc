#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "services/invitation/bulk_company.h"

namespace portico::invitation {
namespace {

using namespace portico::invitation::v1;

template <class Response, class Request>
absl::Status Do(BulkCompany& world, const BulkSend& bulk, Request request = {}) {
  request.set_id(bulk.id());
  return world.staff->Call<Response>(request).status();
}

std::vector<std::string> Addresses(int from, int to) {
  std::vector<std::string> addresses;
  for (int i = from; i <= to; ++i) {
    addresses.push_back(absl::StrCat("con_00", i, "@example.com"));
  }
  return addresses;
}

TEST_CASE("Exactly those who were counted are mailed, once", "[bulk]") {
  BulkCompany world;
  world.PutContacts(9);
  const int64_t counted = world.Counts().will_be_mailed();
  const BulkSend bulk = world.Create();
  CHECK(bulk.progress().total() == counted);
  CHECK(bulk.created_by() == "tester");
  CHECK(world.Run(bulk).progress().sent() == 0);  // Nobody has started it.

  CHECK(absl::IsFailedPrecondition(world.Start(bulk, 8).status()));
  REQUIRE(world.Start(bulk, 9).ok());
  const BulkSend done = world.Run(bulk);
  CHECK(done.state() == BULK_SEND_STATE_DONE);
  CHECK(done.has_end_time());
  CHECK(done.progress().sent() == 9);
  CHECK(done.progress().waiting() == 0);
  CHECK(world.Mailed() == Addresses(1, 9));
  for (const BulkSendRecipient& one : world.Ledger(bulk)) {
    CHECK(one.state() == BULK_SEND_RECIPIENT_STATE_SENT);
    CHECK(world.Get(one.invitation_id()).state() == INVITATION_STATE_SENT);
    CHECK(world.Get(one.invitation_id()).origin() == INVITATION_ORIGIN_BULK_SEND);
    CHECK(world.GetMessage(one.message_id()).bulk_send_id() == bulk.id());
  }
  const std::string mail = Readable(world.sink.mails().front());
  CHECK_THAT(mail, Catch::Contains("List-Unsubscribe") && Catch::Contains("#token="));
  // They are invited now, so there is nobody left.
  CHECK(world.Counts().will_be_mailed() == 0);
  CHECK(world.Create().progress().total() == 0);
  CHECK(world.Start(bulk, 9)->state() == BULK_SEND_STATE_DONE);
}

TEST_CASE("Few recipients need no confirmation, and more do", "[bulk]") {
  BulkCompany world;
  const bool few = GENERATE(true, false);
  world.PutContacts(few ? 2 : 3);
  const BulkSend bulk = world.Create();
  const absl::Status started = Do<StartBulkSendResponse>(world, bulk, StartBulkSendRequest());
  CHECK(started.ok() == few);
  CHECK((few || rpc::ReasonOf(started) == "COUNT_NOT_CONFIRMED"));
}

TEST_CASE("A recipient can be taken out", "[bulk]") {
  BulkCompany world;
  world.PutContacts(4);
  const BulkSend bulk =
      world.Create([](BulkSend& send) { send.add_excluded_contact_ids("con_002"); });
  CHECK(bulk.progress().total() == 3);
  REQUIRE(world.Start(bulk, 3).ok());
  world.Run(bulk);
  CHECK(world.Mailed() == std::vector<std::string>{"con_001@example.com", "con_003@example.com",
                                                   "con_004@example.com"});
}

TEST_CASE("Who may not be mailed any more is skipped, with the reason", "[bulk]") {
  BulkCompany world;
  world.PutContacts(4);
  const BulkSend bulk = world.Create();
  REQUIRE(world.Send("con_001").ok());
  world.PutContact("con_002", "acc_many",
                   [](auto& contact) { contact.set_portal_access_enabled(false); });
  world.PutContact("con_003", "acc_many", [](auto& contact) { contact.clear_email(); });
  REQUIRE(world.Start(bulk, 4).ok());
  const BulkSend done = world.Run(bulk);
  CHECK(done.progress().sent() == 1);
  CHECK(done.progress().skipped() == 3);
  const auto skipped = world.Ledger(bulk, BULK_SEND_RECIPIENT_STATE_SKIPPED);
  REQUIRE(skipped.size() == 3);
  CHECK(skipped[0].reason() == "ALREADY_INVITED");
  CHECK(skipped[1].reason() == "CONTACT_PORTAL_DISABLED");
  CHECK(skipped[2].reason() == "NO_EMAIL");
  CHECK(world.Mailed() == std::vector<std::string>{"con_001@example.com", "con_004@example.com"});
}

TEST_CASE("A changed address gets the mail that waits, and the ledger follows", "[bulk]") {
  BulkCompany world;
  world.PutContacts(1);
  const BulkSend bulk = world.Create();
  REQUIRE(world.Start(bulk, 1).ok());
  world.sink.ReplyOnce(testing::SmtpStage::kRecipient, "451 4.3.0 later");
  CHECK(world.Run(bulk).progress().sending() == 1);
  world.clock.Advance(absl::Seconds(1));
  world.PutContact("con_001", "acc_many",
                   [](auto& contact) { contact.set_email("new@example.com"); });
  world.clock.Advance(absl::Minutes(1));
  const BulkSend done = world.Run(bulk);
  CHECK(done.state() == BULK_SEND_STATE_DONE);
  CHECK(done.progress().sent() == 1);
  CHECK(done.progress().skipped() == 0);
  CHECK(world.Mailed() == std::vector<std::string>{"new@example.com"});
  REQUIRE(world.Ledger(bulk).size() == 1);
  CHECK(world.Ledger(bulk)[0].email() == "new@example.com");
  CHECK(world.Ledger(bulk)[0].state() == BULK_SEND_RECIPIENT_STATE_SENT);
}

TEST_CASE("Those invited before are mailed again where that is wanted", "[bulk]") {
  BulkCompany world;
  world.PutContacts(2);
  REQUIRE(world.Send("con_001").ok());
  const std::string old_token = world.DeliverToken();
  const BulkSend bulk = world.Create(
      [](BulkSend& send) { send.mutable_filter()->set_include_invited(true); });
  REQUIRE(world.Start(bulk, 2).ok());
  CHECK(world.Run(bulk).progress().sent() == 2);
  CHECK(world.sink.mails().size() == 3);
  CHECK(absl::IsNotFound(world.LookUp(old_token).status()));
  CHECK(world.Invitations("con_001").size() == 1);
}

TEST_CASE("A paused bulk send mails nobody until it is resumed", "[bulk]") {
  BulkCompany world;
  world.PutContacts(5);
  const BulkSend bulk = world.Create();
  CHECK(rpc::ReasonOf(Do<PauseResponse>(world, bulk, PauseRequest())) == "NOT_RUNNING");
  REQUIRE(world.Start(bulk, 5).ok());
  world.sink.ReplyAlways(testing::SmtpStage::kRecipient, "451 4.3.0 later");
  world.Deliver();
  REQUIRE(Do<PauseResponse>(world, bulk, PauseRequest()).ok());
  world.sink.BehaveAgain();
  world.clock.Advance(absl::Hours(2));
  const BulkSend paused = world.Run(bulk);
  CHECK(paused.state() == BULK_SEND_STATE_PAUSED);
  CHECK(paused.pause_reason() == "PAUSED_BY_CALLER");
  CHECK(world.sink.mails().empty());
  REQUIRE(Do<ResumeResponse>(world, bulk, ResumeRequest()).ok());
  CHECK(world.Run(bulk).state() == BULK_SEND_STATE_DONE);
  CHECK(world.Mailed() == Addresses(1, 5));
}

TEST_CASE("A cancelled bulk send leaves nobody half invited", "[bulk]") {
  BulkCompany world;
  world.PutContacts(5);
  const BulkSend bulk = world.Create();
  REQUIRE(world.Start(bulk, 5).ok());
  world.sink.ReplyAlways(testing::SmtpStage::kRecipient, "451 4.3.0 later");
  world.Deliver();
  REQUIRE(Do<CancelResponse>(world, bulk, CancelRequest()).ok());
  world.sink.BehaveAgain();
  world.clock.Advance(absl::Hours(2));
  const BulkSend cancelled = world.Run(bulk);
  CHECK(cancelled.state() == BULK_SEND_STATE_CANCELLED);
  CHECK(cancelled.progress().cancelled() == 5);
  CHECK(cancelled.progress().sending() == 0);
  CHECK(cancelled.has_end_time());
  CHECK(world.sink.mails().empty());
  CHECK(world.Ledger(bulk, BULK_SEND_RECIPIENT_STATE_CANCELLED).size() == 5);
  CHECK(world.CountOf(RECIPIENT_GROUP_NEVER_INVITED) == 5);
  CHECK(rpc::ReasonOf(Do<ResumeResponse>(world, bulk, ResumeRequest())) == "NOT_PAUSED");
  CHECK(rpc::ReasonOf(Do<RetryFailedResponse>(world, bulk, RetryFailedRequest())) ==
        "CANCELLED");
}

TEST_CASE("A cancelled general e-mail ends, however many wait", "[bulk]") {
  BulkCompany world;
  constexpr int kMany = 450;
  world.PutContacts(kMany);
  world.staff.emplace(world.service.Staff(
      {"invitations.read", "invitations.send", "contacts.bulk_email"}));
  const BulkSend bulk = world.Create([](BulkSend& send) {
    send.clear_filter();
    send.set_general(true);
    send.set_subject("Holidays");
    send.set_html_body("<p>We are closed.</p>");
    for (int i = 1; i <= kMany; ++i) send.add_contact_ids(absl::StrFormat("con_%03d", i));
  });
  REQUIRE(world.Start(bulk, kMany).ok());
  world.sink.ReplyAlways(testing::SmtpStage::kRecipient, "451 4.3.0 later");
  world.Deliver();
  REQUIRE(Do<CancelResponse>(world, bulk, CancelRequest()).ok());
  for (int i = 0; i < 4; ++i) world.bulk_clerk.RunOnce();
  const BulkSend cancelled = world.GetBulk(bulk);
  CHECK(cancelled.has_end_time());
  CHECK(cancelled.progress().cancelled() == kMany);
}

TEST_CASE("Whoever moves while recipients are gathered is not missed", "[bulk]") {
  BulkCompany world;
  world.PutContacts(6);
  world.PutAccount("acc_other", [](auto& account) { account.set_automatic_payment(true); });
  for (int i = 0; i < 6; ++i) world.PutContact(absl::StrCat("con_other", i), "acc_other");
  world.Project();
  BulkSend bulk;
  *bulk.mutable_filter() = BulkCompany::Filter();
  const absl::StatusOr<BulkSend> made = world.TryCreate(bulk);
  REQUIRE(made.ok());
  const auto gather = [&] {
    return *world.database->Write([&](storage::Session& session) {
      return world.stores.ledger.GatherByFilter(session, *made, world.stores.groups, 6);
    });
  };
  CHECK(gather());
  // Those of the segment that is still to come go to the one that is done.
  const bool first_is_done = world.Count("select count(*) from bulk_recipient "
                                         "where contact_id like 'con_0%'") > 0;
  const std::string moved = first_is_done ? "acc_other" : "acc_many";
  world.PutAccount(moved, [&](auto& account) { account.set_automatic_payment(!first_is_done); });
  world.Project();
  while (gather()) {
  }
  CHECK(world.Count("select count(*) from bulk_recipient") == 12);
  CHECK(world.GetBulk(*made).progress().total() == 12);
}

TEST_CASE("A mail that failed is not tried again where somebody was quicker", "[bulk]") {
  BulkCompany world;
  world.PutContacts(1);
  const BulkSend bulk = world.Create();
  world.sink.ReplyToRecipient("con_001@example.com", "554 5.7.1 policy");
  REQUIRE(world.Start(bulk, 1).ok());
  CHECK(world.Run(bulk).progress().failed() == 1);
  world.sink.BehaveAgain();
  REQUIRE(world.Resend(world.Invitations("con_001").front().id()).ok());
  const std::string token = world.DeliverToken();
  REQUIRE(Do<RetryFailedResponse>(world, bulk, RetryFailedRequest()).ok());
  CHECK(world.Run(bulk).progress().skipped() == 1);
  CHECK(world.sink.mails().size() == 1);
  CHECK(world.LookUp(token).ok());
}

TEST_CASE("A scheduled bulk send waits for its time", "[bulk]") {
  BulkCompany world;
  world.PutContacts(1);
  const BulkSend bulk = world.Create([&](BulkSend& send) {
    send.mutable_schedule_time()->set_seconds(absl::ToUnixSeconds(world.clock.Now()) + 3600);
  });
  CHECK(world.Start(bulk, 1)->state() == BULK_SEND_STATE_SCHEDULED);
  CHECK(world.Run(bulk).progress().waiting() == 1);
  world.clock.Advance(absl::Hours(1));
  CHECK(world.Run(bulk).state() == BULK_SEND_STATE_RUNNING);
  CHECK(world.Run(bulk).state() == BULK_SEND_STATE_DONE);
}

TEST_CASE("Only those whose mail failed are tried again", "[bulk]") {
  BulkCompany world;
  world.PutContacts(4);
  const BulkSend bulk = world.Create();
  world.sink.ReplyToRecipient("con_002@example.com", "554 5.7.1 policy");
  world.sink.ReplyToRecipient("con_003@example.com", "550 5.1.1 gone");
  REQUIRE(world.Start(bulk, 4).ok());
  const BulkSend done = world.Run(bulk);
  CHECK(done.state() == BULK_SEND_STATE_DONE);
  CHECK(done.progress().sent() == 2);
  CHECK(done.progress().failed() == 1);
  CHECK(done.progress().bounced() == 1);
  const auto failed = world.Ledger(bulk, BULK_SEND_RECIPIENT_STATE_FAILED);
  REQUIRE(failed.size() == 1);
  CHECK_THAT(failed[0].reason(), Catch::Contains("policy"));
  CHECK(world.Ledger(bulk, BULK_SEND_RECIPIENT_STATE_BOUNCED).size() == 1);
  CHECK(world.Ledger(bulk, BULK_SEND_RECIPIENT_STATE_SENT).size() == 2);

  world.sink.BehaveAgain();
  RetryFailedRequest retry;
  retry.set_request_id("again");
  REQUIRE(Do<RetryFailedResponse>(world, bulk, retry).ok());
  REQUIRE(Do<RetryFailedResponse>(world, bulk, retry).ok());
  const BulkSend again = world.Run(bulk);
  CHECK(again.state() == BULK_SEND_STATE_DONE);
  CHECK(again.progress().sent() == 3);
  CHECK(again.progress().failed() == 0);
  CHECK(again.progress().bounced() == 1);
  CHECK(world.sink.mails().size() == 3);
  CHECK(rpc::ReasonOf(Do<RetryFailedResponse>(world, bulk, RetryFailedRequest())) ==
        "NONE_FAILED");
}

TEST_CASE("A bulk send that fails too often pauses by itself", "[bulk]") {
  BulkCompany world;
  world.PutContacts(400);
  const BulkSend bulk =
      world.Create([](BulkSend& send) { send.set_pause_at_failed_percent(20); });
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 3; ++j) {
      world.sink.ReplyToRecipient(absl::StrCat("con_0", i, j, "@example.com"), "550 5.1.1 gone");
      world.sink.ReplyToRecipient(absl::StrCat("con_1", i, j, "@example.com"), "550 5.1.1 gone");
    }
  }
  REQUIRE(world.Start(bulk, 400).ok());
  const BulkSend paused = world.Run(bulk);
  CHECK(paused.state() == BULK_SEND_STATE_PAUSED);
  CHECK(paused.pause_reason() == "TOO_MANY_FAILURES");
  CHECK(paused.progress().waiting() > 100);
  // Whoever resumes it has seen them.
  REQUIRE(Do<ResumeResponse>(world, bulk, ResumeRequest()).ok());
  const BulkSend resumed = world.Run(bulk);
  CHECK(resumed.progress().sent() > paused.progress().sent());
}

TEST_CASE("Several bulk sends take turns", "[bulk]") {
  BulkCompany world;
  world.PutContacts(200);
  world.PutAccount("acc_far", [](auto& account) { account.set_division_id("div_far"); });
  for (int i = 0; i < 40; ++i) world.PutContact(absl::StrCat("con_far", i), "acc_far");
  const BulkSend large = world.Create();
  const BulkSend small =
      world.Create([](BulkSend& send) { send.mutable_filter()->set_division_id("div_far"); });
  REQUIRE(world.Start(large, 200).ok());
  REQUIRE(world.Start(small, 40).ok());
  world.Run(large);
  size_t mailed_before_the_last_of_small = 0;
  const auto mails = world.sink.mails();
  for (size_t i = 0; i < mails.size(); ++i) {
    if (mails[i].recipient.starts_with("con_far")) mailed_before_the_last_of_small = i;
  }
  CHECK(mails.size() == 240);
  CHECK(mailed_before_the_last_of_small < 160);
}

TEST_CASE("A throttled bulk send mails no more than its share of a minute", "[bulk]") {
  BulkCompany world;
  world.PutContacts(5);
  const BulkSend bulk = world.Create([](BulkSend& send) { send.set_max_per_minute(2); });
  REQUIRE(world.Start(bulk, 5).ok());
  CHECK(world.Run(bulk).progress().sent() == 1);
  world.clock.Advance(absl::Seconds(29));
  CHECK(world.Run(bulk).progress().sent() == 1);
  world.clock.Advance(absl::Seconds(1));
  CHECK(world.Run(bulk).progress().sent() == 2);
}

TEST_CASE("A clock set back holds up no bulk send, and loosens no throttle", "[bulk]") {
  BulkCompany world;
  world.PutContacts(5);
  const BulkSend bulk = world.Create([](BulkSend& send) { send.set_max_per_minute(2); });
  REQUIRE(world.Start(bulk, 5).ok());
  CHECK(world.Run(bulk).progress().sent() == 1);
  world.clock.Advance(-absl::Hours(1));
  CHECK(world.Run(bulk).progress().sent() == 2);
  world.clock.Advance(absl::Seconds(29));
  CHECK(world.Run(bulk).progress().sent() == 2);
  world.clock.Advance(absl::Seconds(1));
  CHECK(world.Run(bulk).progress().sent() == 3);
}

TEST_CASE("A throttled bulk send goes on as soon as it may", "[bulk]") {
  BulkCompany world;
  world.PutContacts(5);
  const BulkSend bulk = world.Create([](BulkSend& send) { send.set_max_per_minute(6); });
  REQUIRE(world.Start(bulk, 5).ok());
  CHECK(world.Run(bulk).progress().sent() == 1);
  world.clock.Advance(absl::Seconds(4));
  CHECK(world.dispatcher.RunOnce() == absl::Seconds(6));
  world.clock.Advance(absl::Seconds(6));
  CHECK(world.Run(bulk).progress().sent() == 2);
  world.clock.Advance(absl::Seconds(10));
  CHECK(world.Run(bulk).progress().sent() == 3);
}

TEST_CASE("Chosen contacts get the edited texts, and who cannot be mailed is told", "[bulk]") {
  BulkCompany world;
  world.PutContacts(2);
  world.PutContact("con_off", "acc_many",
                   [](auto& contact) { contact.set_portal_access_enabled(false); });
  const BulkSend bulk = world.Create([](BulkSend& send) {
    send.clear_filter();
    for (const char* id : {"con_001", "con_off", "con_unknown", "con_001"}) {
      send.add_contact_ids(id);
    }
    send.set_subject("Come in, [ContactName]");
    send.set_html_body("<p>Here: <a href=\"[CustomerPortalLink]\">enter</a></p>");
    send.set_sender_email("office@hauler.example");
  });
  CHECK(bulk.progress().total() == 3);
  CHECK(bulk.progress().waiting() == 1);
  REQUIRE(world.Start(bulk, 1).ok());
  const BulkSend done = world.Run(bulk);
  CHECK(done.progress().sent() == 1);
  const auto skipped = world.Ledger(bulk, BULK_SEND_RECIPIENT_STATE_SKIPPED);
  REQUIRE(skipped.size() == 2);
  CHECK(skipped[0].reason() == "CONTACT_PORTAL_DISABLED");
  CHECK(skipped[1].reason() == "CONTACT_UNKNOWN");
  REQUIRE(world.sink.mails().size() == 1);
  const std::string mail = Readable(world.sink.mails()[0]);
  CHECK_THAT(mail, Catch::Contains("Subject: Come in, John Doe\r\n") &&
                       Catch::Contains("office@hauler.example") && Catch::Contains("enter") &&
                       Catch::Contains("#token="));
}

TEST_CASE("A general e-mail is no invitation, and needs its own permission", "[bulk]") {
  BulkCompany world;
  world.PutContacts(1);
  BulkSend bulk;
  bulk.set_general(true);
  bulk.add_contact_ids("con_001");
  bulk.set_subject("Holidays");
  bulk.set_html_body("<p>We are closed, [ContactName].</p>");
  CHECK(absl::IsPermissionDenied(world.TryCreate(bulk).status()));
  world.staff.emplace(world.service.Staff(
      {"invitations.read", "invitations.send", "contacts.bulk_email"}));
  const BulkSend made = world.Create([&](BulkSend& send) { send = bulk; });
  REQUIRE(world.Start(made, 1).ok());
  CHECK(world.Run(made).state() == BULK_SEND_STATE_DONE);
  REQUIRE(world.sink.mails().size() == 1);
  CHECK_THAT(Readable(world.sink.mails()[0]),
             Catch::Contains("closed, John Doe") && Catch::Contains("List-Unsubscribe"));
  CHECK(world.Invitations("con_001").empty());
  CHECK(world.CountOf(RECIPIENT_GROUP_NEVER_INVITED) == 1);
}

TEST_CASE("What cannot be a bulk send is refused by its field", "[bulk]") {
  BulkCompany world;
  const auto field = [&](const std::function<void(BulkSend&)>& change) -> std::string {
    BulkSend bulk;
    *bulk.mutable_filter() = BulkCompany::Filter();
    change(bulk);
    const auto violations = rpc::ViolationsOf(world.TryCreate(bulk).status());
    return violations.empty() ? "" : violations.front().field;
  };
  CHECK(field([](auto& bulk) { bulk.clear_filter(); }) == "bulk_send.contact_ids");
  CHECK(field([](auto& bulk) { bulk.add_contact_ids("con_1"); }) == "bulk_send.contact_ids");
  CHECK(field([](auto& bulk) { bulk.mutable_filter()->clear_division_id(); }) ==
        "bulk_send.filter.division_id");
  CHECK(field([](auto& bulk) { bulk.set_sender_email("office@elsewhere.example"); }) ==
        "bulk_send.sender_email");
  CHECK(field([](auto& bulk) { bulk.set_html_body("<p>no link</p>"); }) ==
        "bulk_send.html_body");
  CHECK(field([](auto& bulk) { bulk.set_subject("[Nonsense]"); }) == "bulk_send.subject");
  CHECK(world.Count("select count(*) from bulk_send") == 0);
}

TEST_CASE("A repeated creation makes one bulk send, and a tried one none", "[bulk]") {
  BulkCompany world;
  world.PutContacts(1);
  CreateBulkSendRequest request;
  *request.mutable_bulk_send()->mutable_filter() = BulkCompany::Filter();
  request.set_request_id("one");
  request.set_validate_only(true);
  REQUIRE(world.staff->Call<CreateBulkSendResponse>(request).ok());
  CHECK(world.Count("select count(*) from bulk_send") == 0);
  request.set_validate_only(false);
  const auto first = world.staff->Call<CreateBulkSendResponse>(request);
  const auto second = world.staff->Call<CreateBulkSendResponse>(request);
  REQUIRE(first.ok());
  CHECK(second->bulk_send().id() == first->bulk_send().id());
  request.mutable_bulk_send()->set_display_name("another");
  CHECK(absl::IsAlreadyExists(world.staff->Call<CreateBulkSendResponse>(request).status()));
}

TEST_CASE("Whoever watches a bulk send is told until it has ended", "[bulk]") {
  BulkCompany world;
  world.PutContacts(3);
  const BulkSend bulk = world.Create();
  WatchBulkSendRequest request;
  request.set_id(bulk.id());
  const auto stream = world.staff->Open(request);
  WatchBulkSendResponse told;
  REQUIRE(stream->Read(told));
  CHECK(told.bulk_send().state() == BULK_SEND_STATE_READY);
  REQUIRE(world.Start(bulk, 3).ok());
  world.Run(bulk);
  world.bulk_watchers.Wake();
  while (told.bulk_send().state() != BULK_SEND_STATE_DONE) REQUIRE(stream->Read(told));
  CHECK(told.bulk_send().progress().sent() == 3);
  CHECK_FALSE(stream->Read(told));
  CHECK(stream->Finish().ok());
}

}  // namespace
}  // namespace portico::invitation
