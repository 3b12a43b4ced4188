#include "services/invitation/returned_mail_reader.h"

#include <absl/strings/str_cat.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "services/invitation/test_world.h"

namespace portico::invitation {
namespace {

namespace fs = std::filesystem;
using namespace portico::invitation::v1;

// A maildir of its own.
class Maildir {
 public:
  Maildir() {
    std::string name = fs::temp_directory_path() / "portico-returned-XXXXXX";
    path_ = mkdtemp(name.data());
    for (const char* part : {"new", "cur", "tmp"}) fs::create_directory(path_ / part);
  }
  ~Maildir() { fs::remove_all(path_); }
  Maildir(const Maildir&) = delete;
  Maildir& operator=(const Maildir&) = delete;

  const fs::path& path() const { return path_; }
  void Put(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / "new" / name, std::ios::binary) << bytes;
  }
  size_t Count(const char* part) const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(path_ / part), fs::directory_iterator()));
  }

 private:
  fs::path path_;
};

std::string Notification(const std::string& to, const std::string& action,
                         const std::string& status) {
  return absl::StrCat("Delivered-To: ", to,
                      "\nMIME-Version: 1.0\n"
                      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
                      "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
                      "Final-Recipient: rfc822; john@example.com\nAction: ",
                      action, "\nStatus: ", status,
                      "\nDiagnostic-Code: smtp; 550 no such user\n\n--b--\n");
}

std::string Complaint(const std::string& from) {
  return absl::StrCat(
      "To: fbl@mail.hauler.example\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
      "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Mail-From: <",
      from, ">\n\n--b--\n");
}

// A world in which John's mail is sent, and what comes back of it.
struct Returns {
  Returns() {
    invitation = world.Invite();
    world.Deliver();
    message = world.OnlyMessage();
    address = world.sink.mails().at(0).sender;
  }
  InvitationState State() { return world.Get(invitation.id()).state(); }
  int64_t Suppressed() { return world.Count("select count(*) from suppression"); }

  TestWorld world;
  Maildir maildir;
  ReturnedMailReader reader{*world.database, world.reports, world.signature, world.clock,
                            maildir.path()};
  Invitation invitation;
  Message message;
  std::string address;
};

TEST_CASE("A mail that comes back bounces its invitation and suppresses the address",
          "[returned]") {
  Returns returns;
  returns.maildir.Put("1", Notification(returns.address, "failed", "5.1.1"));
  CHECK(returns.reader.RunOnce() > absl::ZeroDuration());
  CHECK(returns.State() == INVITATION_STATE_BOUNCED);
  CHECK(returns.Suppressed() == 1);
  CHECK(returns.maildir.Count("new") == 0);
  CHECK(fs::exists(returns.maildir.path() / "cur" / "1:2,S"));
  const Message mail = returns.world.OnlyMessage();
  REQUIRE(mail.attempts_size() == 2);
  CHECK(mail.attempts(1).source() == DELIVERY_SOURCE_RETURNED_MAIL);
  CHECK(mail.attempts(1).outcome() == DELIVERY_OUTCOME_BOUNCED);
  CHECK(mail.attempts(1).enhanced_status() == "5.1.1");
  CHECK(mail.attempts(1).reply() == "550 no such user");
}

TEST_CASE("What is told of a mail stands behind its try, though its time has no fractions",
          "[returned]") {
  Returns returns;
  const int64_t taken = returns.message.attempts(0).time().seconds();
  returns.world.clock.Advance(absl::Seconds(90));
  const auto [told, shown] = GENERATE(table<int, int>({{-60, 0}, {60, 60}}));
  const std::string date = absl::FormatTime(
      "%a, %d %b %Y %H:%M:%S +0000", absl::FromUnixSeconds(taken + told), absl::UTCTimeZone());
  returns.maildir.Put(
      "1", absl::StrCat("Date: ", date, "\n", Notification(returns.address, "failed", "5.1.1")));
  returns.reader.RunOnce();
  const Message mail = returns.world.OnlyMessage();
  REQUIRE(mail.attempts_size() == 2);
  CHECK(mail.attempts(0).source() == DELIVERY_SOURCE_SUBMISSION);
  CHECK(mail.attempts(1).source() == DELIVERY_SOURCE_RETURNED_MAIL);
  CHECK(mail.attempts(1).time().seconds() == taken + shown);
}

TEST_CASE("Each action does what it means", "[returned]") {
  Returns returns;
  const auto [action, status, state, suppressed] =
      GENERATE(table<const char*, const char*, InvitationState, int64_t>({
          {"failed", "5.7.1", INVITATION_STATE_BOUNCED, 1},
          {"failed", "4.4.1", INVITATION_STATE_FAILED, 0},
          {"delayed", "4.4.1", INVITATION_STATE_SENT, 0},
          {"delivered", "2.0.0", INVITATION_STATE_DELIVERED, 0},
          {"relayed", "2.0.0", INVITATION_STATE_DELIVERED, 0},
      }));
  returns.maildir.Put("1", Notification(returns.address, action, status));
  returns.reader.RunOnce();
  CHECK(returns.State() == state);
  CHECK(returns.Suppressed() == suppressed);
  CHECK(returns.world.OnlyMessage().attempts_size() == 2);
}

TEST_CASE("A complaint that comes back suppresses the address and leaves the invitation",
          "[returned]") {
  Returns returns;
  returns.maildir.Put("1", Complaint(returns.address));
  returns.reader.RunOnce();
  CHECK(returns.State() == INVITATION_STATE_SENT);
  CHECK(returns.world.Count("select count(*) from suppression where kind = 2") == 1);
}

TEST_CASE("A returned mail whose address is made up counts for nothing", "[returned]") {
  Returns returns;
  const std::string id = returns.message.id().substr(4);
  for (const std::string& address :
       {absl::StrCat("bounces+", id, "=0000000000000000@mail.hauler.example"),
        absl::StrCat("bounces+", id, "@mail.hauler.example"), std::string(kBounceAddress),
        returns.message.sender()}) {
    returns.maildir.Put("1", Notification(address, "failed", "5.1.1"));
    returns.maildir.Put("2", Complaint(address));
    returns.reader.RunOnce();
  }
  CHECK(returns.State() == INVITATION_STATE_SENT);
  CHECK(returns.Suppressed() == 0);
  CHECK(returns.maildir.Count("new") == 0);
}

TEST_CASE("A returned mail read twice changes nothing more", "[returned]") {
  Returns returns;
  const std::string bytes = Notification(returns.address, "failed", "5.1.1");
  returns.maildir.Put("1", bytes);
  returns.reader.RunOnce();
  REQUIRE(returns.Suppressed() == 1);
  REQUIRE(returns.world.database
              ->Write([](storage::Session& session) {
                return session.Execute("delete from suppression").status();
              })
              .ok());
  // As after a crash before it was moved.
  returns.maildir.Put("1", bytes);
  returns.reader.RunOnce();
  CHECK(returns.Suppressed() == 0);
  CHECK(returns.world.OnlyMessage().attempts_size() == 2);
  CHECK(returns.maildir.Count("new") == 0);
}

TEST_CASE("A returned mail waits until the database takes what it says", "[returned]") {
  Returns returns;
  returns.maildir.Put("1", Notification(returns.address, "failed", "5.1.1"));
  const auto rename = [&](const std::string& from, const std::string& to) {
    REQUIRE(returns.world.database
                ->Write([&](storage::Session& session) {
                  return session.Execute(absl::StrCat("alter table ", from, " rename to ", to))
                      .status();
                })
                .ok());
  };
  rename("delivery_report", "hidden");
  CHECK(returns.reader.RunOnce() >= absl::Seconds(1));
  CHECK(returns.maildir.Count("new") == 1);
  rename("hidden", "delivery_report");
  returns.reader.RunOnce();
  CHECK(returns.State() == INVITATION_STATE_BOUNCED);
  CHECK(returns.maildir.Count("new") == 0);
}

TEST_CASE("Junk is moved away, however much of it comes", "[returned]") {
  Returns returns;
  for (int i = 0; i < 250; ++i) returns.maildir.Put(absl::StrCat("junk", i), "Out of office\n");
  returns.maildir.Put("empty", "");
  returns.maildir.Put("large", std::string(3 << 20, 'x'));
  returns.maildir.Put("mail", Notification(returns.address, "failed", "5.1.1"));
  int rounds = 0;
  while (returns.reader.RunOnce() == absl::ZeroDuration()) REQUIRE(++rounds < 10);
  CHECK(returns.maildir.Count("new") == 0);
  CHECK(returns.maildir.Count("cur") == 253);
  CHECK(returns.State() == INVITATION_STATE_BOUNCED);
}

TEST_CASE("A maildir that is not there is waited for", "[returned]") {
  TestWorld world;
  ReturnedMailReader reader(*world.database, world.reports, world.signature, world.clock,
                            "/nowhere");
  CHECK(reader.RunOnce() >= absl::Seconds(1));
}

}  // namespace
}  // namespace portico::invitation
