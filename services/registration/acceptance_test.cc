// What a browser sees of accepting an invitation.

#include <catch2/catch.hpp>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "libs/auth/opaque_token.h"
#include "libs/rpc/errors.h"
#include "portico/registration/v1/registration_events.pb.h"
#include "services/registration/test_registration.h"

namespace portico::registration {
namespace {

constexpr char kUsers[] = "select count(*) from portal_user";
constexpr char kMemberships[] = "select count(*) from membership";

absl::StatusOr<v1::PreviewInvitationResponse> Preview(Browser& browser, const std::string& token) {
  v1::PreviewInvitationRequest request;
  request.set_token(token);
  return browser.Call<v1::PreviewInvitationResponse>(request);
}

// The fields that an INVALID_ARGUMENT names.
std::set<std::string> WrongFields(const absl::Status& status) {
  std::set<std::string> fields;
  status.ForEachPayload([&](absl::string_view, const absl::Cord& payload) {
    google::rpc::BadRequest bad;
    if (!bad.ParseFromString(std::string(payload))) return;
    for (const auto& violation : bad.field_violations()) fields.insert(violation.field());
  });
  return fields;
}

}  // namespace

TEST_CASE("A preview tells what the link is for and consumes nothing", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kContact);
  for (int i = 0; i < 2; ++i) {
    const auto preview = Preview(browser, token);
    REQUIRE(preview.ok());
    CHECK(preview->contact_name() == "John Doe");
    CHECK(preview->account_name() == "Renovation Gym");
    CHECK(preview->expire_time().seconds() == 2000000000);
  }
  CHECK(registration.Accept(browser, token).ok());
}

TEST_CASE("A malformed token is answered like an unknown one, and asks nobody", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const absl::Status unknown = Preview(browser, auth::NewOpaqueToken().token.Reveal()).status();
  CHECK(absl::IsNotFound(unknown));
  CHECK(registration.invitations.lookups() == 1);
  for (const char* malformed : {"x", "../../etc/passwd", "' or 1=1 --"}) {
    CHECK(Preview(browser, malformed).status() == unknown);
    CHECK(registration.Accept(browser, malformed).status() == unknown);
  }
  CHECK(registration.invitations.lookups() == 1);
}

TEST_CASE("The reason why an invitation is over is passed on", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  for (const char* reason : {"INVITATION_EXPIRED", "INVITATION_REVOKED"}) {
    const std::string token = registration.invitations.Invite(kContact);
    registration.invitations.End(token, reason);
    for (const absl::Status& status :
         {Preview(browser, token).status(), registration.Accept(browser, token).status()}) {
      CHECK(absl::IsFailedPrecondition(status));
      CHECK(rpc::ReasonOf(status) == reason);
    }
  }
  CHECK(registration.Count("select count(*) from acceptance") == 0);
}

TEST_CASE("What is wrong between the services is not told to the public", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kContact);
  registration.invitations.FailLookUps(absl::PermissionDeniedError("key of registration unknown"));
  const absl::Status status = Preview(browser, token).status();
  CHECK(status.code() == absl::StatusCode::kInternal);
  CHECK(status.message().find("key") == absl::string_view::npos);
}

TEST_CASE("Accepting an invitation makes a portal user and signs it in", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const auto accepted =
      registration.Accept(browser, registration.invitations.Invite(kContact, "sit_downtown"));
  REQUIRE(accepted.ok());
  CHECK(accepted->portal_user().user_id() == kUserId);
  CHECK(accepted->portal_user().email() == "john@example.com");
  CHECK(browser.session_max_age == "86400");

  const auto me = registration.Me(browser);
  REQUIRE(me.ok());
  CHECK(me->portal_user().id() == accepted->portal_user().id());
  REQUIRE(me->memberships_size() == 1);
  const v1::Membership& membership = me->memberships(0);
  CHECK(membership.contact_id() == kContact);
  CHECK(membership.account_id() == "acc_gym");
  CHECK(membership.account_name() == "Renovation Gym");
  CHECK_FALSE(membership.all_sites());
  REQUIRE(membership.site_ids_size() == 1);
  CHECK(membership.site_ids(0) == "sit_downtown");
}

TEST_CASE("The contact of an account sees all its sites", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp();
  const auto me = registration.Me(browser);
  REQUIRE(me.ok());
  CHECK(me->memberships(0).all_sites());
  CHECK(me->memberships(0).site_ids_size() == 0);
}

TEST_CASE("An acceptance publishes one MembershipCreated", "[acceptance]") {
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  Browser browser = registration.NewBrowser();
  const auto accepted = registration.Accept(browser, token);
  REQUIRE(accepted.ok());
  REQUIRE(registration.Accept(browser, token).ok());

  const auto log = registration.events().ReadAfter(0, {}, 10);
  REQUIRE(log.ok());
  REQUIRE(log->events_size() == 1);
  v1::MembershipCreated created;
  REQUIRE(log->events(0).data().UnpackTo(&created));
  CHECK(log->events(0).partition() == "acc_gym");
  CHECK(created.portal_user().id() == accepted->portal_user().id());
  CHECK(created.portal_user().user_id() == kUserId);
  CHECK(created.membership().contact_id() == kContact);
  CHECK(created.invitation_id().rfind("inv_", 0) == 0);
}

TEST_CASE("Accepting again answers the same user and a new session", "[acceptance]") {
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  Browser first = registration.NewBrowser();
  Browser second = registration.NewBrowser();
  const auto once = registration.Accept(first, token);
  const auto twice = registration.Accept(second, token, "JOHN.DOE@example.com");
  REQUIRE(once.ok());
  REQUIRE(twice.ok());
  CHECK(twice->portal_user().id() == once->portal_user().id());
  CHECK(second.session != first.session);
  CHECK(registration.Me(first).ok());
  CHECK(registration.Me(second).ok());
  CHECK(registration.Count(kUsers) == 1);
}

TEST_CASE("An accepted invitation is over for who has another user ID or password",
          "[acceptance]") {
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  Browser browser = registration.NewBrowser();
  REQUIRE(registration.Accept(browser, token).ok());
  registration.SignedUp("con_jane", "jane");  // With the same password.
  Browser other = registration.NewBrowser();
  for (const absl::Status& status :
       {registration.Accept(other, token, "jane").status(),
        registration.Accept(other, token, kUserId, "another heap of leaves").status(),
        registration.Accept(other, token, kUserId, "weak").status()}) {
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(rpc::ReasonOf(status) == "INVITATION_ACCEPTED");
  }
  CHECK(other.session.empty());
  CHECK(registration.Count(kUsers) == 2);
}

TEST_CASE("A complete acceptance is reserved no more", "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.SignedUp(kContact, "john");
  const auto id = registration.database->Read([](storage::Session& session) {
    return session.SelectOne<std::string>("select id from acceptance");
  });
  const Acceptance late{.id = std::get<0>(id.value().value()),
                        .invitation_id = "inv_1",
                        .token_hash = "hash",
                        .password_hash = "hash",
                        .user_id = "johnny",
                        .portal_user_id = std::nullopt};
  CHECK_FALSE(registration.acceptances().Reserve(late).value());
  CHECK(registration.acceptances().Find(late.id).value()->user_id == "john");
}

TEST_CASE("A used link is no way round the lock", "[acceptance]") {
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  Browser browser = registration.NewBrowser();
  REQUIRE(registration.Accept(browser, token).ok());
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(registration.Accept(browser, token, kUserId, "wrong password").ok());
  }
  CHECK(rpc::ReasonOf(registration.Accept(browser, token).status()) == "INVITATION_ACCEPTED");
}

TEST_CASE("Accepting many times at once makes one portal user", "[acceptance]") {
  constexpr int kBrowsers = 8;
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  // No call goes on before all have found the invitation open.
  std::latch looked_up(kBrowsers);
  registration.invitations.AfterLookUp([&] { looked_up.arrive_and_wait(); });
  std::vector<absl::StatusOr<v1::AcceptInvitationResponse>> answers(kBrowsers);
  std::vector<Browser> browsers;
  for (int i = 0; i < kBrowsers; ++i) browsers.push_back(registration.NewBrowser());
  {
    std::vector<std::thread> threads;
    for (int i = 0; i < kBrowsers; ++i) {
      threads.emplace_back([&, i] { answers[i] = registration.Accept(browsers[i], token); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (int i = 0; i < kBrowsers; ++i) {
    INFO(answers[i].status().ToString());
    REQUIRE(answers[i].ok());
    CHECK(answers[i]->portal_user().id() == answers[0]->portal_user().id());
    CHECK(registration.Me(browsers[i]).ok());
  }
  CHECK(registration.Count(kUsers) == 1);
  CHECK(registration.Count(kMemberships) == 1);
  CHECK(registration.events().LastPosition().value() == 1);
}

TEST_CASE("Of many who accept one invitation at once as different users, one does",
          "[acceptance]") {
  constexpr int kBrowsers = 8;
  TestRegistration registration;
  const std::string token = registration.invitations.Invite(kContact);
  std::latch looked_up(kBrowsers);
  registration.invitations.AfterLookUp([&] { looked_up.arrive_and_wait(); });
  std::vector<absl::StatusOr<v1::AcceptInvitationResponse>> answers(kBrowsers);
  {
    std::vector<std::thread> threads;
    for (int i = 0; i < kBrowsers; ++i) {
      threads.emplace_back([&, i] {
        Browser browser = registration.NewBrowser();
        answers[i] = registration.Accept(browser, token, "user" + std::to_string(i));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  int winners = 0;
  for (int i = 0; i < kBrowsers; ++i) {
    if (answers[i].ok()) {
      ++winners;
      CHECK(answers[i]->portal_user().user_id() == "user" + std::to_string(i));
    } else {
      CHECK(rpc::ReasonOf(answers[i].status()) == "INVITATION_ACCEPTED");
    }
  }
  CHECK(winners == 1);
  CHECK(registration.Count(kUsers) == 1);
}

TEST_CASE("A user ID is taken in whatever case", "[acceptance]") {
  TestRegistration registration;
  registration.SignedUp("con_john", "john.doe");
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite("con_other");
  const absl::Status taken = registration.Accept(browser, token, "John.DOE").status();
  CHECK(absl::IsAlreadyExists(taken));
  CHECK(rpc::ReasonOf(taken) == "USER_ID_TAKEN");
  CHECK(registration.Accept(browser, token, "john.doe.2").ok());
}

TEST_CASE("Of many who want one user ID at once, one gets it", "[acceptance]") {
  constexpr int kBrowsers = 8;
  TestRegistration registration;
  std::latch looked_up(kBrowsers);
  registration.invitations.AfterLookUp([&] { looked_up.arrive_and_wait(); });
  std::vector<absl::Status> answers(kBrowsers);
  {
    std::vector<std::thread> threads;
    for (int i = 0; i < kBrowsers; ++i) {
      const std::string token = registration.invitations.Invite("con_" + std::to_string(i));
      threads.emplace_back([&, i, token] {
        Browser browser = registration.NewBrowser();
        answers[i] = registration.Accept(browser, token).status();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  int winners = 0;
  for (const absl::Status& answer : answers) {
    if (answer.ok()) {
      ++winners;
    } else {
      CHECK(rpc::ReasonOf(answer) == "USER_ID_TAKEN");
    }
  }
  CHECK(winners == 1);
  CHECK(registration.Count(kUsers) == 1);
}

TEST_CASE("A contact that has a portal user gets no second one by another invitation",
          "[acceptance]") {
  TestRegistration registration;
  registration.SignedUp(kContact, "john.doe");
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kContact);
  const absl::Status second = registration.Accept(browser, token, "johnny").status();
  CHECK(rpc::ReasonOf(second) == "INVITATION_ACCEPTED");
  CHECK(registration.Count(kUsers) == 1);
  // The user ID was not kept from others.
  CHECK(registration.Accept(browser, registration.invitations.Invite("con_2"), "johnny").ok());
}

TEST_CASE("A user ID or password that breaks a rule is named, and a password not shown",
          "[acceptance]") {
  TestRegistration registration;
  Browser browser = registration.NewBrowser();
  const std::string token = registration.invitations.Invite(kContact);

  for (const char* user_id : {"jo", "john doe", "jöhn"}) {
    const absl::Status status = registration.Accept(browser, token, user_id).status();
    CHECK(absl::IsInvalidArgument(status));
    CHECK(WrongFields(status) == std::set<std::string>{"user_id"});
  }
  for (const char* password : {"kZ4!xq7", "Sunshine1", "john.doe"}) {
    const absl::Status status = registration.Accept(browser, token, "John.Doe", password).status();
    CHECK(absl::IsInvalidArgument(status));
    CHECK(WrongFields(status) == std::set<std::string>{"password"});
    CHECK(status.ToString().find(password) == std::string::npos);
  }
  const absl::Status both = registration.Accept(browser, token, "jo", "password").status();
  CHECK(WrongFields(both) == std::set<std::string>{"user_id", "password"});

  CHECK(registration.Count("select count(*) from acceptance") == 0);
  CHECK(registration.Accept(browser, token).ok());
}

TEST_CASE("Without an invitation nobody learns which user IDs are taken", "[acceptance]") {
  TestRegistration registration;
  registration.SignedUp(kContact, "john.doe");
  Browser browser = registration.NewBrowser();
  const std::string token = auth::NewOpaqueToken().token.Reveal();
  const absl::Status taken = registration.Accept(browser, token, "john.doe").status();
  CHECK(absl::IsNotFound(taken));
  CHECK(registration.Accept(browser, token, "free").status() == taken);
  CHECK(registration.Accept(browser, token, "free", "weak").status() == taken);
}

}  // namespace portico::registration
