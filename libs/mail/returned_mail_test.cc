#include "libs/mail/returned_mail.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

namespace portico::mail {
namespace {

using Kind = ReturnedMail::Kind;

// As Postfix writes it.
std::string Status(const std::string& fields, const std::string& to = "bounces+1=x@mail.example") {
  return absl::StrCat(
      "Return-Path: <>\nX-Original-To: ", to, "\nDelivered-To: ", to,
      "\nReceived: by mx.example (Postfix)\n\tid 42; Sun, 22 Nov 2026 20:00:00 +0000 (UTC)\n"
      "Date: Sun, 22 Nov 2026 20:00:00 +0000 (UTC)\n"
      "From: MAILER-DAEMON@mx.example (Mail Delivery System)\nSubject: Undelivered Mail\n"
      "To: ",
      to,
      "\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status;\n"
      "\tboundary=\"42.mx.example\"\n\nThis is a MIME-encapsulated message.\n\n"
      "--42.mx.example\nContent-Description: Notification\nContent-Type: text/plain\n\n"
      "I'm sorry. Action: failed\n\n--42.mx.example\nContent-Description: Delivery report\n"
      "Content-Type: message/delivery-status\n\n"
      "Reporting-MTA: dns; mx.example\nArrival-Date: Sun, 22 Nov 2026 19:59:00 +0000\n\n",
      fields,
      "\n--42.mx.example\nContent-Type: message/rfc822\n\nFrom: a@b.example\nSubject: Hello\n\n"
      "Hello\n\n--42.mx.example--\n");
}

constexpr char kFailed[] =
    "Final-Recipient: rfc822; john@example.com\nOriginal-Recipient: rfc822;john@example.com\n"
    "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.com\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <john@example.com>: no such\n    user here\n";

std::string Feedback(const std::string& type) {
  return absl::StrCat(
      "From: <abuse@example.com>\nDate: Thu, 8 Mar 2026 17:40:36 +0000\nTo: <fbl@mail.example>\n"
      "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report;\n"
      "     boundary=\"part1\"\n\n--part1\nContent-Type: text/plain\n\nAn abuse report.\n\n"
      "--part1\nContent-Type: message/feedback-report\n\nFeedback-Type: ",
      type,
      "\nUser-Agent: SomeGenerator/1.0\nVersion: 1\nOriginal-Mail-From: "
      "<bounces+1=x@mail.example>\n"
      "\n--part1\nContent-Type: message/rfc822\n\nFrom: a@b.example\n\nHello\n\n--part1--\n");
}

TEST_CASE("A notification of failure is read", "[returned_mail]") {
  const bool crlf = GENERATE(false, true);
  std::string bytes = Status(kFailed);
  if (crlf) bytes = absl::StrReplaceAll(bytes, {{"\n", "\r\n"}});
  const ReturnedMail mail = ReadReturnedMail(bytes);
  CHECK(mail.kind == Kind::kFailed);
  CHECK(mail.enhanced_status == "5.1.1");
  CHECK(mail.text == "550 5.1.1 <john@example.com>: no such user here");
  CHECK(mail.addresses == std::vector<std::string>(3, "bounces+1=x@mail.example"));
  CHECK(mail.date == absl::FromUnixSeconds(1'795'377'600));
}

TEST_CASE("Every action means what RFC 3464 says", "[returned_mail]") {
  const auto kind = [](const std::string& action) {
    return ReadReturnedMail(Status(absl::StrCat("Final-Recipient: rfc822; j@x.example\nAction: ",
                                                action, "\nStatus: 4.0.0\n")))
        .kind;
  };
  CHECK(kind("failed") == Kind::kFailed);
  CHECK(kind("FAILED") == Kind::kFailed);
  CHECK(kind("failed (for good)") == Kind::kFailed);
  CHECK(kind("delayed") == Kind::kDelayed);
  CHECK(kind("delivered") == Kind::kDelivered);
  CHECK(kind("relayed") == Kind::kDelivered);
  CHECK(kind("expanded") == Kind::kDelivered);
  CHECK(kind("failedx") == Kind::kNone);
  CHECK(kind("") == Kind::kNone);
}

TEST_CASE("A status in base64 is read, and one without a code is none the worse",
          "[returned_mail]") {
  const std::string bytes = absl::StrReplaceAll(
      Status(""), {{"Content-Type: message/delivery-status\n\n",
                    "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
                    "QWN0aW9uOiBmYWlsZWQK\n"},
                   {"Reporting-MTA: dns; mx.example\n", ""},
                   {"Arrival-Date: Sun, 22 Nov 2026 19:59:00 +0000\n", ""}});
  const ReturnedMail mail = ReadReturnedMail(bytes);
  CHECK(mail.kind == Kind::kFailed);
  CHECK(mail.enhanced_status == "");
  CHECK(mail.text == "");
}

TEST_CASE("A complaint names the mail's return address", "[returned_mail]") {
  const ReturnedMail mail = ReadReturnedMail(Feedback("abuse"));
  CHECK(mail.kind == Kind::kComplaint);
  CHECK(mail.text == "abuse");
  CHECK(mail.addresses == std::vector<std::string>{"fbl@mail.example", "bounces+1=x@mail.example"});
  CHECK(ReadReturnedMail(Feedback("not-spam")).kind == Kind::kNone);
  CHECK(ReadReturnedMail(Feedback("auth-failure")).kind == Kind::kNone);
}

TEST_CASE("What is no report says nothing", "[returned_mail]") {
  for (const char* bytes : {"", "\n", "\n\n", "x", "Action: failed\n\nAction: failed\n",
                            "From: a@b.example\n\nOut of office\n",
                            "Content-Type: multipart/report\n\nAction: failed\n",
                            "Content-Type: multipart/report; boundary=\"\"\n\n--\n",
                            "Content-Type: message/delivery-status\n\nAction: failed\n",
                            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
                            "message/delivery-status\n\n"
                            "Action: failed\n--b--\n"}) {
    CAPTURE(bytes);
    CHECK(ReadReturnedMail(bytes).kind == Kind::kNone);
  }
}

TEST_CASE("A broken message of any kind is read to its end", "[returned_mail]") {
  std::mt19937 chance(42);
  for (const std::string& whole : {Status(kFailed), Feedback("abuse")}) {
    for (size_t length = 0; length < whole.size(); ++length) {
      ReadReturnedMail(std::string_view(whole).substr(0, length));
    }
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = whole;
      for (int change = 0; change < 1 + round % 8; ++change) {
        const size_t at = chance() % bytes.size();
        switch (chance() % 4) {
          case 0:
            bytes[at] = static_cast<char>(chance());
            break;
          case 1:
            bytes.erase(at, chance() % 40);
            break;
          case 2:
            bytes.insert(at, bytes.substr(chance() % bytes.size(), chance() % 200));
            break;
          default:
            bytes.insert(at, std::string(chance() % 300, "\n\r:;\"\\<>=?-\0"[chance() % 12]));
        }
        if (bytes.empty()) break;
      }
      CHECK(ReadReturnedMail(bytes).addresses.size() <= 20);
    }
  }
}

TEST_CASE("Neither size nor depth of a message does harm", "[returned_mail]") {
  std::string deep, wide = Status(kFailed);
  while (deep.size() < kReturnedMailBytes) {
    const std::string boundary = absl::StrCat("b", deep.size());
    absl::StrAppend(&deep, "Content-Type: multipart/report; boundary=", boundary, "\n\n--",
                    boundary, "\n");
  }
  CHECK(ReadReturnedMail(deep).kind == Kind::kNone);
  std::string nested;
  while (nested.size() < kReturnedMailBytes) nested += "Content-Type: message/rfc822\n\n";
  CHECK(ReadReturnedMail(nested).kind == Kind::kNone);
  std::string recipients = "To: ";
  for (int i = 0; i < 30'000; ++i) recipients += "a@b.example, ";
  CHECK(ReadReturnedMail(recipients + "c@d.example\n" + Status(kFailed)).addresses.size() <= 20);
  // What comes behind the report is not read.
  CHECK(ReadReturnedMail(wide + std::string(64 << 20, 'x')).kind == Kind::kFailed);
}

}  // namespace
}  // namespace portico::mail
