#include "libs/mail/smtp_conversation.h"

#include <catch2/catch.hpp>

namespace portico::mail {
namespace {

// The result when the reply to `command` is `reply`, and QUIT follows.
DeliveryResult ResultOf(const std::string& command, const std::string& reply) {
  SmtpConversation conversation;
  conversation.Received("220 mx ESMTP\r\n");
  conversation.Sent("EHLO portico\r\n");
  conversation.Received("250-mx\r\n");
  conversation.Received("250 SIZE 1000\r\n");
  conversation.Sent(command + "\r\n");
  conversation.Received(reply + "\r\n");
  conversation.Sent("QUIT\r\n");
  conversation.Received("221 2.0.0 bye\r\n");
  return conversation.Failed("some error");
}

TEST_CASE("A refusal is judged by its command, code and enhanced status", "[smtp]") {
  struct Example {
    std::string command;
    std::string reply;
    Outcome outcome;
  };
  const Example example = GENERATE(values<Example>({
      {"RCPT TO:<x@y.example>", "550 5.1.1 no such user", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "550 5.1.2 no such host", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "553 5.1.3 bad syntax", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "556 5.1.10 null MX", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "550 no such user", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "551 user not local", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "553 mailbox name not allowed", Outcome::kRefusedRecipient},
      {"RCPT TO:<x@y.example>", "550 5.1.0 sender address rejected", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "553 5.1.7 bad sender syntax", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "550 5.1.8 sender's domain not found", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "550 5.2.1 mailbox disabled", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "554 5.7.1 relay access denied", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "550 5.7.1 blocked", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "554 no", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "501 syntax", Outcome::kRefused},
      {"RCPT TO:<x@y.example>", "450 4.1.1 greylisted", Outcome::kRefusedForNow},
      {"RCPT TO:<x@y.example>", "452 4.5.3 too many", Outcome::kRefusedForNow},
      {"RCPT TO:<x@y.example>", "421 4.3.2 going down", Outcome::kRefusedForNow},
      {"MAIL FROM:<x@y.example>", "550 5.1.8 unknown sender", Outcome::kRefused},
      {"MAIL FROM:<x@y.example>", "550 5.1.1 who", Outcome::kRefused},
      {"MAIL FROM:<x@y.example>", "451 4.3.0 later", Outcome::kRefusedForNow},
      {"AUTH PLAIN", "535 5.7.8 wrong password", Outcome::kRefused},
      {"AUTH PLAIN", "454 4.7.0 later", Outcome::kRefusedForNow},
      {"DATA", "554 5.5.1 no valid recipients", Outcome::kRefused},
      {"DATA", "421 4.7.0 slow down", Outcome::kRefusedForNow},
  }));
  CAPTURE(example.command, example.reply);
  CHECK(ResultOf(example.command, example.reply).outcome == example.outcome);
}

TEST_CASE("The result carries the server's words", "[smtp]") {
  SmtpConversation conversation;
  conversation.Sent("RCPT TO:<x@y.example>\r\n");
  conversation.Received("550-5.1.1 The account does not exist.\r\n");
  conversation.Received("550 See https://mx.example/help\r\n");
  const DeliveryResult result = conversation.Failed("");
  CHECK(result.reply_code == 550);
  CHECK(result.enhanced_status == "5.1.1");
  CHECK(result.reply == "550 See https://mx.example/help");
}

TEST_CASE("Only what has the form of an enhanced status is one", "[smtp]") {
  const std::string text = GENERATE(as<std::string>(), "5.1", "5.1.1.1 x", "5.x.1 no", "6.1.1 no",
                                    "5.1.1234 no", "5..1 no", ".5.1 no", "", "127.0.0.1 listed");
  CAPTURE(text);
  CHECK(ResultOf("RCPT TO:<x@y.example>", "550 " + text).enhanced_status.empty());
}

TEST_CASE("A connection that ends without a refusal is a passing fault", "[smtp]") {
  SmtpConversation conversation;
  const DeliveryResult unreached = conversation.Failed("Connection refused");
  CHECK(unreached.outcome == Outcome::kRefusedForNow);
  CHECK(unreached.reply_code == 0);
  CHECK(unreached.reply == "connecting: Connection refused");

  conversation.Received("220 mx ESMTP\r\n");
  conversation.Sent("DATA\r\n");
  conversation.Received("354 go ahead\r\n");
  const DeliveryResult lost = conversation.Failed("reset by peer");
  CHECK(lost.outcome == Outcome::kRefusedForNow);
  CHECK(lost.reply_code == 0);
  CHECK(lost.reply == "the message: reset by peer");
}

TEST_CASE("A refusal after the message's end is not the recipient's", "[smtp]") {
  SmtpConversation conversation;
  conversation.Sent("DATA\r\n");
  conversation.Received("354 go ahead\r\n");
  conversation.Received("550 5.1.1 refused\r\n");
  CHECK(conversation.Failed("").outcome == Outcome::kRefused);
}

TEST_CASE("A kept connection is known from a new one when it ends early", "[smtp]") {
  const std::string greeting = GENERATE(as<std::string>(), "", "220 mx ESMTP\r\n");
  const std::string reply = GENERATE(as<std::string>(), "", "421 4.4.2 idle too long\r\n",
                                     "250 2.1.0 ok\r\n", "451 4.3.0 later\r\n");
  CAPTURE(greeting, reply);
  SmtpConversation conversation;
  conversation.Received(greeting);
  conversation.Sent("MAIL FROM:<x@y.example>\r\n");
  conversation.Received(reply);
  const bool over = reply.empty() || reply.starts_with("421");
  CHECK(conversation.WasOverBeforeMail() == (greeting.empty() && over));
}

TEST_CASE("A server's bytes become storable text", "[smtp]") {
  CHECK(ResultOf("DATA", "554 caf\xe9 \x1b[2J\x01 end").reply == "554 caf\ufffd  [2J  end");
  std::string euros = "554 ";
  for (int i = 0; i < 300; ++i) euros += "€";
  CHECK(ResultOf("DATA", euros).reply == euros.substr(0, 4 + 165 * 3));
}

}  // namespace
}  // namespace portico::mail
