#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

using testing::SmtpStage;
using namespace portico::invitation::v1;

constexpr auto kRecorded = DELIVERY_REPORT_OUTCOME_RECORDED;
constexpr auto kRepeated = DELIVERY_REPORT_OUTCOME_REPEATED;

DeliveryReport Report(const std::string& message, DeliveryReportKind kind,
                      const std::string& status = "", const std::string& text = "") {
  DeliveryReport report;
  report.set_message(message);
  report.set_kind(kind);
  report.set_enhanced_status(status);
  report.set_text(text);
  return report;
}

std::vector<DeliveryReportOutcome> Tell(TestWorld& world,
                                        const std::vector<DeliveryReport>& reports) {
  ReportDeliveryRequest request;
  for (const DeliveryReport& report : reports) *request.add_reports() = report;
  const auto response = world.staff->Call<ReportDeliveryResponse>(request);
  INFO(response.status());
  REQUIRE(response.ok());
  std::vector<DeliveryReportOutcome> outcomes;
  for (const auto& result : response->results()) outcomes.push_back(result.outcome());
  return outcomes;
}

std::vector<DeliveryReportOutcome> One(DeliveryReportOutcome outcome) { return {outcome}; }

// John's invitation, whose mail the server has taken.
Invitation Sent(TestWorld& world) {
  const Invitation invitation = world.Invite();
  world.Deliver();
  REQUIRE(world.sink.mails().size() == 1);
  return invitation;
}

std::vector<Suppression> Suppressions(TestWorld& world, const std::string& address = "",
                                      SuppressionReason reason = {}) {
  ListSuppressionsRequest request;
  request.set_address(address);
  request.set_reason(reason);
  const auto response = world.staff->Call<ListSuppressionsResponse>(request);
  REQUIRE(response.ok());
  return {response->suppressions().begin(), response->suppressions().end()};
}

absl::StatusOr<Suppression> Suppress(TestWorld& world, const std::string& address,
                                     const std::string& text = "") {
  AddSuppressionRequest request;
  request.mutable_suppression()->set_address(address);
  request.mutable_suppression()->set_text(text);
  const auto response = world.staff->Call<AddSuppressionResponse>(request);
  if (!response.ok()) return response.status();
  return response->suppression();
}

absl::Status Free(TestWorld& world, const std::string& address) {
  RemoveSuppressionRequest request;
  request.set_address(address);
  return world.staff->Call<RemoveSuppressionResponse>(request).status();
}

TEST_CASE("A reported delivery makes the invitation DELIVERED, once", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const Message mail = world.OnlyMessage();
  world.clock.Advance(absl::Seconds(5));
  const int form = GENERATE(0, 1, 2);
  const std::string name = form == 0   ? mail.id()
                           : form == 1 ? mail.message_id()
                                       : absl::StrCat("<", mail.message_id(), ">");
  const DeliveryReport report = Report(name, DELIVERY_REPORT_KIND_DELIVERED, "2.0.0", "in mailbox");
  CHECK(Tell(world, {report}) == One(kRecorded));
  CHECK(Tell(world, {report, report}) == std::vector{kRepeated, kRepeated});
  const Invitation delivered = world.Get(invitation.id());
  CHECK(delivered.state() == INVITATION_STATE_DELIVERED);
  REQUIRE(delivered.attempts_size() == 2);
  CHECK(delivered.attempts(0).source() == DELIVERY_SOURCE_SUBMISSION);
  CHECK(delivered.attempts(1).source() == DELIVERY_SOURCE_REPORT);
  CHECK(delivered.attempts(1).outcome() == DELIVERY_OUTCOME_DELIVERED);
  CHECK(delivered.attempts(1).enhanced_status() == "2.0.0");
  CHECK(delivered.attempts(1).reply() == "in mailbox");
  CHECK(world.OnlyMessage().attempts_size() == 2);
  CHECK(world.OnlyMessage().attempt_count() == 1);
  CHECK(world.Published(invitation.id()) ==
        std::vector<InvitationState>{INVITATION_STATE_PENDING, INVITATION_STATE_SENT,
                                     INVITATION_STATE_DELIVERED});
}

TEST_CASE("A reported bounce ends the invitation and suppresses the address", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const std::string id = world.OnlyMessage().id();
  CHECK(Tell(world, {Report(id, DELIVERY_REPORT_KIND_BOUNCED, "5.1.1", "no such user")}) ==
        One(kRecorded));
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_BOUNCED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_BOUNCED);
  REQUIRE(Suppressions(world).size() == 1);
  CHECK(Suppressions(world)[0].address() == kEmail);
  CHECK(Suppressions(world)[0].reason() == SUPPRESSION_REASON_BOUNCED);
  CHECK(Suppressions(world)[0].text() == "no such user");
  CHECK(rpc::ReasonOf(world.Send().status()) == "EMAIL_SUPPRESSED");

  // Once the address is put right by its host, it is invited again.
  CHECK(Free(world, "JOHN@example.com").ok());
  CHECK(absl::IsNotFound(Free(world, kEmail)));
  CHECK(world.Send().ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 2);
}

TEST_CASE("A bounce that is told before the server's answer is recorded stays one", "[report]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  const std::string id = world.OnlyMessage().id();
  world.sink.BeforeReply(SmtpStage::kContent, [&] {
    CHECK(Tell(world, {Report(id, DELIVERY_REPORT_KIND_BOUNCED, "5.1.1")}) == One(kRecorded));
  });
  world.Deliver();
  world.sink.BehaveAgain();
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_BOUNCED);
  CHECK(world.OnlyMessage().attempts_size() == 2);
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_BOUNCED);
}

TEST_CASE("A fault that passes is only kept", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const std::string id = world.OnlyMessage().id();
  CHECK(Tell(world, {Report(id, DELIVERY_REPORT_KIND_BOUNCED, "4.2.2", "mailbox full"),
                     Report(id, DELIVERY_REPORT_KIND_DEFERRED, "", "late")}) ==
        std::vector{kRecorded, kRecorded});
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
  CHECK(world.Get(invitation.id()).attempts_size() == 3);
  CHECK(Suppressions(world).empty());
}

TEST_CASE("A mail given up fails its invitation and suppresses nobody", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  Tell(world, {Report(world.OnlyMessage().id(), DELIVERY_REPORT_KIND_FAILED, "4.4.1")});
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_FAILED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_FAILED);
  CHECK(Suppressions(world).empty());
  CHECK(world.Resend(invitation.id()).ok());
}

TEST_CASE("A complaint suppresses the address and leaves the invitation", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  Tell(world, {Report(world.OnlyMessage().id(), DELIVERY_REPORT_KIND_COMPLAINED)});
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
  REQUIRE(Suppressions(world).size() == 1);
  CHECK(Suppressions(world)[0].reason() == SUPPRESSION_REASON_COMPLAINED);
}

TEST_CASE("A mail reported delivered while it waits is not sent again", "[report]") {
  TestWorld world;
  const Invitation invitation = world.Invite();
  world.sink.DropOnce(testing::SmtpStage::kContent);
  world.Deliver();
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DEFERRED);
  const size_t mails = world.sink.mails().size();
  Tell(world, {Report(world.OnlyMessage().id(), DELIVERY_REPORT_KIND_DELIVERED)});
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DELIVERED);
  CHECK(world.OnlyMessage().state() == MESSAGE_STATE_SENT);
  world.clock.Advance(absl::Hours(1));
  world.Deliver();
  CHECK(world.sink.mails().size() == mails);
}

TEST_CASE("What is over stays as it is, and the report is kept", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const bool revoked = GENERATE(true, false);
  if (revoked) {
    REQUIRE(world.Revoke(invitation.id()).ok());
  } else {
    REQUIRE(world.Redeem(invitation.id(), TokenIn(world.sink.mails()[0]), "apt_1").ok());
  }
  const InvitationState state = world.Get(invitation.id()).state();
  for (const auto kind : {DELIVERY_REPORT_KIND_BOUNCED, DELIVERY_REPORT_KIND_DELIVERED,
                          DELIVERY_REPORT_KIND_FAILED}) {
    CHECK(Tell(world, {Report(world.OnlyMessage().id(), kind)}) == One(kRecorded));
  }
  CHECK(world.Get(invitation.id()).state() == state);
  CHECK(world.Get(invitation.id()).attempts_size() == 4);
}

TEST_CASE("A report of an earlier mail tells nothing of an invitation sent again", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const std::string first = world.OnlyMessage().id();
  world.clock.Advance(absl::Seconds(1));
  REQUIRE(world.Resend(invitation.id()).ok());
  world.Deliver();
  Tell(world,
       {Report(first, DELIVERY_REPORT_KIND_DELIVERED), Report(first, DELIVERY_REPORT_KIND_FAILED)});
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_SENT);
}

TEST_CASE("A report that is wrong spoils no other", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const Message mail = world.OnlyMessage();
  ReportDeliveryRequest request;
  const std::vector<DeliveryReport> reports = {
      Report("", DELIVERY_REPORT_KIND_BOUNCED),
      Report(mail.id(), DELIVERY_REPORT_KIND_UNSPECIFIED),
      Report(mail.id(), static_cast<DeliveryReportKind>(77)),
      Report(mail.id(), DELIVERY_REPORT_KIND_BOUNCED, "5.1"),
      Report("msg_none", DELIVERY_REPORT_KIND_BOUNCED),
      Report(absl::StrCat(mail.id(), "@elsewhere.example"), DELIVERY_REPORT_KIND_BOUNCED),
      Report(mail.id(), DELIVERY_REPORT_KIND_DELIVERED)};
  for (const DeliveryReport& report : reports) *request.add_reports() = report;
  const auto response = world.staff->Call<ReportDeliveryResponse>(request);
  REQUIRE(response.ok());
  REQUIRE(response->results_size() == 7);
  const std::vector<std::string> fields = {"message", "kind", "kind", "enhanced_status"};
  for (size_t i = 0; i < fields.size(); ++i) {
    const DeliveryReportResult& result = response->results(static_cast<int>(i));
    CHECK(result.outcome() == DELIVERY_REPORT_OUTCOME_INVALID);
    CHECK_THAT(result.error(), Catch::StartsWith(fields[i]));
  }
  CHECK(response->results(4).outcome() == DELIVERY_REPORT_OUTCOME_UNKNOWN_MESSAGE);
  CHECK(response->results(5).outcome() == DELIVERY_REPORT_OUTCOME_UNKNOWN_MESSAGE);
  CHECK(response->results(6).outcome() == kRecorded);
  CHECK(world.Get(invitation.id()).state() == INVITATION_STATE_DELIVERED);
}

TEST_CASE("Reports need their own permission", "[report]") {
  TestWorld world;
  rpc::Peer other = world.service.Staff({"invitations.read", "invitations.send"});
  ReportDeliveryRequest request;
  *request.add_reports() = Report("msg_1", DELIVERY_REPORT_KIND_BOUNCED);
  CHECK(absl::IsPermissionDenied(other.Call<ReportDeliveryResponse>(request).status()));
}

TEST_CASE("Of an erased contact's mail no report keeps the words or suppresses", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  const std::string id = world.OnlyMessage().id();
  Tell(world, {Report(id, DELIVERY_REPORT_KIND_DEFERRED, "", "john@example.com is busy")});
  portico::contact::v1::ContactErased erased;
  *erased.mutable_contact() = world.John();
  erased.mutable_contact()->clear_email();
  REQUIRE(world.FromContact({world.Told(erased)}).ok());
  CHECK(Tell(world, {Report(id, DELIVERY_REPORT_KIND_BOUNCED, "5.1.1", "john@example.com")}) ==
        One(kRecorded));
  CHECK(Suppressions(world).empty());
  CHECK(world.Count("select count(*) from delivery_report where reply <> ''") == 0);
  CHECK(world.Count("select count(*) from delivery_report") == 2);
}

TEST_CASE("Staff add and lift suppressions", "[suppression]") {
  TestWorld world;
  const auto added = Suppress(world, " Ann@Example.com ", "asked on the phone");
  REQUIRE(added.ok());
  CHECK(added->address() == "ann@example.com");
  CHECK(added->reason() == SUPPRESSION_REASON_ADDED);
  CHECK(added->actor() == "tester");
  CHECK(added->text() == "asked on the phone");
  CHECK(Suppress(world, "ANN@example.com", "again")->text() == "asked on the phone");
  const absl::Status refused = Suppress(world, "nobody").status();
  CHECK(absl::IsInvalidArgument(refused));
  CHECK_THAT(std::string(refused.message()), Catch::StartsWith("suppression.address"));

  world.Invite();  // John, not Ann.
  REQUIRE(Suppress(world, kEmail).ok());
  world.Deliver();
  CHECK(world.sink.mails().empty());
  CHECK(world.OnlyMessage().cancel_reason() == "EMAIL_SUPPRESSED");
  REQUIRE(Free(world, kEmail).ok());
  CHECK(world.Send().ok());
  world.Deliver();
  CHECK(world.sink.mails().size() == 1);
}

TEST_CASE("Suppressions are found by address, its beginning, and reason, page by page",
          "[suppression]") {
  TestWorld world;
  for (int i = 0; i < 7; ++i) {
    REQUIRE(Suppress(world, absl::StrCat("a", i, "_x@example.com")).ok());
  }
  REQUIRE(Suppress(world, "b%@example.com").ok());
  CHECK(Suppressions(world).size() == 8);
  CHECK(Suppressions(world, "A3_x@EXAMPLE.com").size() == 1);
  CHECK(Suppressions(world, "a*").size() == 7);
  CHECK(Suppressions(world, "b%*").size() == 1);
  CHECK(Suppressions(world, "%*").empty());
  CHECK(Suppressions(world, "a3_x").empty());
  CHECK(Suppressions(world, "", SUPPRESSION_REASON_ADDED).size() == 8);
  CHECK(Suppressions(world, "", SUPPRESSION_REASON_BOUNCED).empty());

  ListSuppressionsRequest request;
  request.set_address("a*");
  request.set_page_size(3);
  std::vector<std::string> seen;
  for (int pages = 0; pages < 3; ++pages) {
    const auto response = world.staff->Call<ListSuppressionsResponse>(request);
    REQUIRE(response.ok());
    for (const auto& one : response->suppressions()) seen.push_back(one.address());
    request.set_page_token(response->next_page_token());
  }
  CHECK(request.page_token().empty());
  CHECK(seen.size() == 7);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  request.set_page_size(3);
  const auto first = world.staff->Call<ListSuppressionsResponse>(request);
  request.set_page_token(first->next_page_token());
  request.set_address("b*");
  CHECK(absl::IsInvalidArgument(world.staff->Call<ListSuppressionsResponse>(request).status()));
}

TEST_CASE("An erased contact's suppression is hidden, and can be lifted by who knows the address",
          "[suppression]") {
  TestWorld world;
  Sent(world);
  Tell(world, {Report(world.OnlyMessage().id(), DELIVERY_REPORT_KIND_BOUNCED)});
  portico::contact::v1::ContactErased erased;
  *erased.mutable_contact() = world.John();
  REQUIRE(world.FromContact({world.Told(erased)}).ok());
  CHECK(Suppressions(world).empty());
  CHECK(world.Count("select count(*) from suppression") == 1);
  CHECK(Free(world, kEmail).ok());
  CHECK(world.Count("select count(*) from suppression") == 0);
}

TEST_CASE("What makes an address unreachable takes the place of a mere wish", "[suppression]") {
  TestWorld world;
  Sent(world);
  REQUIRE(Suppress(world, kEmail, "a wish").ok());
  const std::string id = world.OnlyMessage().id();
  Tell(world, {Report(id, DELIVERY_REPORT_KIND_BOUNCED, "5.1.1", "gone")});
  CHECK(Suppressions(world)[0].reason() == SUPPRESSION_REASON_BOUNCED);
  CHECK(Suppressions(world)[0].actor() == "");
  Tell(world, {Report(id, DELIVERY_REPORT_KIND_COMPLAINED, "", "spam")});
  CHECK(Suppressions(world)[0].reason() == SUPPRESSION_REASON_BOUNCED);
  CHECK(Suppress(world, kEmail)->reason() == SUPPRESSION_REASON_BOUNCED);
  const auto unreachable = world.database->Read([&](storage::Session& session) {
    return world.stores.suppressions.Unreachable(session, {"JOHN@example.com", "ann@example.com"});
  });
  CHECK(*unreachable == std::set<std::string>{kEmail});
}

TEST_CASE("The link in a mail's head stops more, and says nothing to who made one up",
          "[unsubscribe]") {
  TestWorld world;
  Sent(world);
  const std::string id = world.OnlyMessage().id();
  rpc::Peer anybody = world.service.Anonymous();
  const auto unsubscribe = [&](const std::string& message, const std::string& signature) {
    UnsubscribeRequest request;
    request.set_message(message);
    request.set_signature(signature);
    CHECK(anybody.Call<UnsubscribeResponse>(request).ok());
  };
  const std::string url = world.signature.UnsubscribeUrl("", id);
  const std::string signature = url.substr(url.rfind('=') + 1);
  const std::string other = world.signature.UnsubscribeUrl("", "msg_none");
  unsubscribe("", "");
  unsubscribe(id, "");
  unsubscribe(id, std::string(16, '0'));
  unsubscribe("msg_none", signature);
  unsubscribe("msg_none", other.substr(other.rfind('=') + 1));
  CHECK(Suppressions(world).empty());

  unsubscribe(id, signature);
  unsubscribe(id, signature);
  REQUIRE(Suppressions(world).size() == 1);
  CHECK(Suppressions(world)[0].address() == kEmail);
  CHECK(Suppressions(world)[0].reason() == SUPPRESSION_REASON_UNSUBSCRIBED);
  CHECK(rpc::ReasonOf(world.Resend(world.Invitations()[0].id()).status()) == "EMAIL_SUPPRESSED");
  const auto unreachable = world.database->Read([&](storage::Session& session) {
    return world.stores.suppressions.Unreachable(session, {kEmail});
  });
  CHECK(unreachable->empty());
}

TEST_CASE("Mails are found by invitation, recipient and bulk send", "[report]") {
  TestWorld world;
  const Invitation invitation = Sent(world);
  portico::contact::v1::Contact ann = world.John("ann@example.com");
  ann.set_id("con_ann");
  REQUIRE(world.FromContact({world.Created(ann)}).ok());
  REQUIRE(world.database
              ->Write([&](storage::Session& session) {
                return session
                    .Execute(
                        "update message set bulk_send_id = 'blk_1' where contact_id = 'con_ann'")
                    .status();
              })
              .ok());
  const auto found = [&](const ListMessagesRequest& request) {
    const auto response = world.staff->Call<ListMessagesResponse>(request);
    REQUIRE(response.ok());
    std::string contacts;
    for (const Message& message : response->messages()) contacts += message.contact_id() + " ";
    return contacts;
  };
  ListMessagesRequest request;
  request.set_invitation_id(invitation.id());
  CHECK(found(request) == "con_john ");
  request.set_state(MESSAGE_STATE_WAITING);
  CHECK(found(request) == "");
  request.Clear();
  request.set_recipient("ANN@Example.com");
  CHECK(found(request) == "con_ann ");
  request.Clear();
  request.set_bulk_send_id("blk_1");
  CHECK(found(request) == "con_ann ");
  request.set_bulk_send_id("blk_2");
  CHECK(found(request) == "");
}

}  // namespace
}  // namespace portico::invitation
