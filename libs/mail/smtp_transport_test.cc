#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "libs/mail/transport.h"
#include "libs/testing/smtp_sink.h"

namespace portico::mail {
namespace {

using testing::ReceivedMail;
using testing::SmtpSink;
using testing::SmtpStage;

constexpr char kMessage[] = "Subject: Hello\r\nMessage-ID: <1@hauler.example>\r\n\r\nHello\r\n";
const Envelope kEnvelope = {"bounce@hauler.example", "john@example.com"};

std::unique_ptr<Transport> Make(const TransportOptions& options) {
  const absl::StatusOr<TransportFactory> factory = MakeTransportFactory(options);
  REQUIRE(factory.status() == absl::OkStatus());
  return (*factory)();
}

std::unique_ptr<Transport> Make(const std::string& url) { return Make({.url = Secret(url)}); }

TEST_CASE("A message reaches the server as it is", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
  CHECK(result.outcome == Outcome::kAccepted);
  CHECK(result.reply_code == 250);
  CHECK(result.enhanced_status == "2.0.0");
  CHECK(result.reply == "250 2.0.0 queued");
  REQUIRE(sink.mails().size() == 1);
  const ReceivedMail mail = sink.mails().front();
  CHECK(mail.sender == kEnvelope.sender);
  CHECK(mail.recipient == kEnvelope.recipient);
  CHECK(mail.data == kMessage);
  CHECK(mail.login.empty());
  CHECK_FALSE(mail.encrypted);
}

TEST_CASE("Lines that begin with a dot survive, wherever they stand", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  std::string many;
  for (int i = 0; i < 40'000; ++i) many += i % 3 == 0 ? ".\r\n" : "..text.\r\n";
  const std::string message = GENERATE_COPY(as<std::string>(), ".\r\n", "..\r\n.\r\n\r\n.x\r\n",
                                            "x\r\n.\r\nRCPT TO:<y@z.example>\r\n", many);
  CHECK(transport->Deliver(kEnvelope, message).outcome == Outcome::kAccepted);
  REQUIRE(sink.mails().size() == 1);
  CHECK((sink.mails().front().data == message));
}

TEST_CASE("Messages follow one another over one connection", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  for (int i = 0; i < 20; ++i) {
    const std::string message = absl::StrCat("Subject: ", i, "\r\n\r\nHello\r\n");
    const Envelope envelope = {absl::StrCat("b", i, "@hauler.example"),
                               absl::StrCat("c", i, "@example.com")};
    CHECK(transport->Deliver(envelope, message).outcome == Outcome::kAccepted);
    REQUIRE(sink.mails().size() == static_cast<size_t>(i + 1));
    CHECK(sink.mails().back().sender == envelope.sender);
    CHECK(sink.mails().back().recipient == envelope.recipient);
    CHECK(sink.mails().back().data == message);
  }
  CHECK(sink.connections() == 1);
}

TEST_CASE("A kept connection that the server has ended is replaced at once", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  REQUIRE(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  SECTION("by a restart") {
    sink.Stop();
    sink.Start();
  }
  SECTION("with a reply") { sink.ReplyOnce(SmtpStage::kSender, "421 4.7.0 enough messages"); }
  SECTION("without a reply") { sink.DropOnce(SmtpStage::kSender); }
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  CHECK(sink.mails().size() == 2);
  CHECK(sink.connections() == 2);
}

TEST_CASE("A new connection that the server ends is not tried twice", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  const SmtpStage stage = GENERATE(SmtpStage::kConnect, SmtpStage::kHello, SmtpStage::kSender);
  SECTION("with a reply") {
    sink.ReplyAlways(stage, "421 4.3.2 going down");
    CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kRefusedForNow);
  }
  SECTION("without a reply") {
    sink.DropAlways(stage);
    CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kRefusedForNow);
  }
  CHECK(sink.connections() == 1);
}

TEST_CASE("A refusal is told with its stage in mind, and the next message goes out", "[smtp]") {
  struct Example {
    SmtpStage stage;
    std::string reply;
    Outcome outcome;
    int code;
    std::string status;
  };
  const Example example = GENERATE(values<Example>({
      {SmtpStage::kConnect, "554 5.3.2 no service", Outcome::kRefused, 554, "5.3.2"},
      {SmtpStage::kConnect, "421 busy", Outcome::kRefusedForNow, 421, ""},
      {SmtpStage::kSender, "550 5.7.1 sender denied", Outcome::kRefused, 550, "5.7.1"},
      {SmtpStage::kSender, "451 4.3.0 later", Outcome::kRefusedForNow, 451, "4.3.0"},
      {SmtpStage::kRecipient, "550 5.1.1 unknown", Outcome::kRefusedRecipient, 550, "5.1.1"},
      {SmtpStage::kRecipient, "550 5.7.1 policy", Outcome::kRefused, 550, "5.7.1"},
      {SmtpStage::kRecipient, "450 4.2.1 greylisted", Outcome::kRefusedForNow, 450, "4.2.1"},
      {SmtpStage::kData, "554 5.5.1 no", Outcome::kRefused, 554, "5.5.1"},
      {SmtpStage::kData, "421 4.3.2 going down", Outcome::kRefusedForNow, 421, "4.3.2"},
      {SmtpStage::kContent, "554-5.7.1 spam\r\n554 5.7.1 go away", Outcome::kRefused, 554, "5.7.1"},
      {SmtpStage::kContent, "452 4.3.1 disk full", Outcome::kRefusedForNow, 452, "4.3.1"},
  }));
  CAPTURE(static_cast<int>(example.stage), example.reply);
  SmtpSink sink;
  const auto transport = Make(sink.url());
  sink.ReplyOnce(example.stage, example.reply);
  const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
  CHECK(result.outcome == example.outcome);
  CHECK(result.reply_code == example.code);
  CHECK(result.enhanced_status == example.status);
  CHECK(absl::StrCat("\n", example.reply).ends_with("\n" + result.reply));
  CHECK(sink.mails().empty());
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  CHECK(sink.mails().size() == 1);
}

TEST_CASE("A refused recipient does not stand for the next", "[smtp]") {
  SmtpSink sink;
  sink.ReplyToRecipient("gone@example.com", "550 5.1.1 gone");
  const auto transport = Make(sink.url());
  CHECK(transport->Deliver({"b@hauler.example", "gone@example.com"}, kMessage).outcome ==
        Outcome::kRefusedRecipient);
  CHECK(transport->Deliver({"b@hauler.example", "here@example.com"}, kMessage).outcome ==
        Outcome::kAccepted);
  REQUIRE(sink.mails().size() == 1);
  CHECK(sink.mails().front().recipient == "here@example.com");
}

TEST_CASE("A connection lost at any stage refuses for now", "[smtp]") {
  const SmtpStage stage = GENERATE(SmtpStage::kConnect, SmtpStage::kHello, SmtpStage::kSender,
                                   SmtpStage::kRecipient, SmtpStage::kData, SmtpStage::kContent);
  CAPTURE(static_cast<int>(stage));
  SmtpSink sink;
  const auto transport = Make(sink.url());
  sink.DropOnce(stage);
  const DeliveryResult lost = transport->Deliver(kEnvelope, kMessage);
  CHECK(lost.outcome == Outcome::kRefusedForNow);
  CHECK(lost.reply_code == 0);
  CHECK_FALSE(lost.reply.empty());
  // Once its last line is out, the server may have the message: a second copy is the same.
  const size_t already = stage == SmtpStage::kContent ? 1 : 0;
  CHECK(sink.mails().size() == already);
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  CHECK(sink.mails().size() == already + 1);
  for (const ReceivedMail& mail : sink.mails()) CHECK(mail.data == kMessage);
}

TEST_CASE("A server that is down refuses for now, until it is back", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  sink.Stop();
  const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
  CHECK(result.outcome == Outcome::kRefusedForNow);
  CHECK(result.reply_code == 0);
  CHECK(result.reply.find("connecting: ") == 0);
  sink.Start();
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
}

TEST_CASE("A server that does not answer in time refuses for now", "[smtp]") {
  const SmtpStage stage = GENERATE(SmtpStage::kConnect, SmtpStage::kRecipient, SmtpStage::kContent);
  SmtpSink sink;
  absl::Notification given_up;
  sink.BeforeReply(stage, [&] { given_up.WaitForNotification(); });
  const auto transport =
      Make({.url = Secret(sink.url()), .total_timeout = absl::Milliseconds(200)});
  const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
  CHECK(result.outcome == Outcome::kRefusedForNow);
  CHECK(result.reply_code == 0);
  given_up.Notify();
}

TEST_CASE("A login is used where the URL has one", "[smtp]") {
  SmtpSink sink;
  const std::string url =
      absl::StrCat("smtp://me%40hauler.example:p%3Aw%2F%23@127.0.0.1:", sink.port());
  const auto transport = Make(url);
  SECTION("and accepted") {
    CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
    REQUIRE(sink.mails().size() == 1);
    CHECK(sink.mails().front().login == "me@hauler.example:p:w/#");
  }
  SECTION("and wrong") {
    sink.ReplyAlways(SmtpStage::kLogin, "535 5.7.8 wrong password");
    const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
    CHECK(result.outcome == Outcome::kRefused);
    CHECK(result.reply_code == 535);
    CHECK(result.enhanced_status == "5.7.8");
    CHECK(sink.mails().empty());
  }
  SECTION("and refused for now") {
    sink.ReplyAlways(SmtpStage::kLogin, "454 4.7.0 later");
    CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kRefusedForNow);
    CHECK(sink.mails().empty());
  }
}

TEST_CASE("An address of another script is announced to the server, a domain is not", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  CHECK(transport->Deliver({"b@hauler.example", "post@bücher.example"}, kMessage).outcome ==
        Outcome::kAccepted);
  REQUIRE(sink.mails().size() == 1);
  CHECK(sink.mails().front().recipient == "post@xn--bcher-kva.example");
  CHECK(sink.mails().front().sender_parameters.find("SMTPUTF8") == std::string::npos);
  CHECK(transport->Deliver({"b@hauler.example", "jürgen@bücher.example"}, kMessage).outcome ==
        Outcome::kAccepted);
  REQUIRE(sink.mails().size() == 2);
  CHECK(sink.mails().back().recipient == "jürgen@xn--bcher-kva.example");
  CHECK(sink.mails().back().sender_parameters.find("SMTPUTF8") != std::string::npos);
}

TEST_CASE("An envelope cannot smuggle in a command", "[smtp]") {
  SmtpSink sink;
  const auto transport = Make(sink.url());
  const std::string evil =
      GENERATE(as<std::string>(), "x@y.example>\r\nRCPT TO:<z@y.example", "x@y.example\nDATA", "",
               "x", "x y@y.example", "<x@y.example>", std::string("x@y.example\0z", 13));
  CAPTURE(evil);
  CHECK(transport->Deliver({evil, "john@example.com"}, kMessage).outcome == Outcome::kRefused);
  CHECK(transport->Deliver({"b@hauler.example", evil}, kMessage).outcome ==
        Outcome::kRefusedRecipient);
  CHECK(sink.connections() == 0);
}

// A certificate for 127.0.0.1 that nobody has signed.
struct Certificate {
  Certificate() {
    std::string name = std::filesystem::temp_directory_path() / "portico_tls_XXXXXX";
    folder = mkdtemp(name.data());
    files = {folder / "cert.pem", folder / "key.pem"};
    const std::string command =
        absl::StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2",
                     " -subj /CN=sink -addext subjectAltName=IP:127.0.0.1 -keyout ", files.key,
                     " -out ", files.certificate, " 2>/dev/null");
    REQUIRE(std::system(command.c_str()) == 0);
  }
  ~Certificate() { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
  SmtpSink::TlsFiles files;
};

TEST_CASE("TLS is used where it is offered, whoever signed the certificate", "[smtp][tls]") {
  const Certificate certificate;
  SmtpSink sink(certificate.files);
  const auto transport = Make(sink.url());
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
  REQUIRE(sink.mails().size() == 2);
  CHECK(sink.mails().front().encrypted);
  CHECK(sink.mails().back().encrypted);
  CHECK(sink.connections() == 1);
}

TEST_CASE("Where TLS is required, the certificate must be right", "[smtp][tls]") {
  const Certificate certificate;
  SmtpSink sink(certificate.files);
  SECTION("as it is with its issuer trusted") {
    const std::string url = absl::StrCat("smtp://u:p@127.0.0.1:", sink.port(), "?tls=required");
    const auto transport = Make({.url = Secret(url), .ca_file = certificate.files.certificate});
    CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kAccepted);
    REQUIRE(sink.mails().size() == 1);
    CHECK(sink.mails().front().encrypted);
    CHECK(sink.mails().front().login == "u:p");
  }
  SECTION("as it is not with its issuer unknown") {
    const auto transport = Make(sink.url() + "?tls=required");
    const DeliveryResult result = transport->Deliver(kEnvelope, kMessage);
    CHECK(result.outcome == Outcome::kRefusedForNow);
    CHECK(result.reply.find("certificate") != std::string::npos);
    CHECK(sink.mails().empty());
  }
}

TEST_CASE("Where TLS is required but not offered, nothing goes out", "[smtp][tls]") {
  SmtpSink sink;
  const std::string url = absl::StrCat("smtp://u:p@127.0.0.1:", sink.port(), "?tls=required");
  const auto transport = Make(url);
  absl::Notification login_tried;
  sink.BeforeReply(SmtpStage::kLogin, [&] { login_tried.Notify(); });
  CHECK(transport->Deliver(kEnvelope, kMessage).outcome == Outcome::kRefusedForNow);
  CHECK_FALSE(login_tried.HasBeenNotified());
  CHECK(sink.mails().empty());
}

}  // namespace
}  // namespace portico::mail
