#include "libs/mail/message.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/mail/foreign_parser.h"

namespace portico::mail {
namespace {

// A head, with bodies that hold no values.
struct Message {
  Mailbox from;
  Mailbox to;
  std::string subject;
  std::string text_body = {};
  std::string html_body = {};
  std::string message_id;
  absl::Time date;
  std::vector<Header> extra = {};
};

absl::StatusOr<std::string> Compose(const Message& message) {
  const absl::StatusOr<FormLetter> letter =
      FormLetter::Prepare({{message.text_body}}, {{message.html_body}});
  if (!letter.ok()) return letter.status();
  return mail::Compose({.from = message.from,
                        .to = message.to,
                        .subject = message.subject,
                        .message_id = message.message_id,
                        .date = message.date,
                        .extra = message.extra},
                       *letter, {});
}

Message Example() {
  return {.from = {"North Hauling", "office@hauler.example"},
          .to = {"John Doe", "john@example.com"},
          .subject = "Your portal access",
          .text_body = "Hello John\n",
          .message_id = "msg_0123@hauler.example",
          .date = absl::FromUnixSeconds(1'800'000'000)};
}

std::string Composed(const Message& message) {
  absl::StatusOr<std::string> bytes = Compose(message);
  REQUIRE(bytes.status() == absl::OkStatus());
  return *bytes;
}

TEST_CASE("A foreign parser reads the composed message as it was meant", "[message]") {
  Message message = Example();
  message.html_body = "<p>Hello John</p>\n";
  message.extra = {{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};
  const std::string bytes = Composed(message);
  CheckLines(bytes);
  const nlohmann::json parsed = Parse(bytes);
  CHECK(parsed["defects"].empty());
  CHECK(parsed["from"]["display_name"] == "North Hauling");
  CHECK(parsed["from"]["address"] == "office@hauler.example");
  CHECK(parsed["to"]["display_name"] == "John Doe");
  CHECK(parsed["to"]["address"] == "john@example.com");
  CHECK(parsed["subject"] == "Your portal access");
  CHECK(parsed["date"] == 1'800'000'000);
  CHECK(parsed["type"] == "multipart/alternative");
  CHECK(parsed["parts"]["text/plain"] == "Hello John\n");
  CHECK(parsed["parts"]["text/html"] == "<p>Hello John</p>\n");
  CHECK(parsed["headers"]["Message-ID"] == "<msg_0123@hauler.example>");
  CHECK(parsed["headers"]["MIME-Version"] == "1.0");
  CHECK(parsed["headers"]["Auto-Submitted"] == "auto-generated");
  CHECK(parsed["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click");
}

TEST_CASE("Headers survive any text", "[message]") {
  const std::string text =
      GENERATE(as<std::string>(), "Zugang für Jürgen", "世界", "Mixed 世界 and plain",
               "a \"quoted\" \\ name", "Doe, John", "x@y.example <z>",
               "=?utf-8?Q?spoofed?=", "two  spaces", "👋🏽 family 👨‍👩‍👧‍👦",
               std::string(300, 'x'), std::string(40, 'a') + " " + std::string(40, 'b') + "  c");
  CAPTURE(text);
  std::string lengthened;
  for (int times = 0; times < 30; ++times) lengthened += text + (times < 29 ? " " : "");
  for (const std::string& value : {text, lengthened}) {
    Message message = Example();
    message.subject = value;
    message.from.display_name = value;
    message.to.display_name = value;
    const std::string bytes = Composed(message);
    CheckLines(bytes);
    const nlohmann::json parsed = Parse(bytes);
    CHECK(parsed["defects"].empty());
    CHECK(parsed["subject"] == value);
    CHECK(parsed["from"]["display_name"] == value);
    CHECK(parsed["from"]["address"] == "office@hauler.example");
    CHECK(parsed["to"]["display_name"] == value);
    CHECK(parsed["to"]["address"] == "john@example.com");
  }
}

TEST_CASE("Bodies survive any text", "[message]") {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "Line " + std::to_string(i) + " für Jürgen\n";
  const std::string body = GENERATE_COPY(
      as<std::string>(), "Hello\n", "Grüße\n世界\n", ".\n..\n.dot\n", "From me\n>From you\n",
      "trailing  \nspace\t\n", "--\nsignature\n", "=3D = literal\n", std::string(5000, 'x') + "\n",
      std::string(2000, ' ') + "x\n", lines);
  CAPTURE(body);
  Message message = Example();
  message.text_body = body;
  message.html_body = "<pre>" + body + "</pre>\n";
  const std::string bytes = Composed(message);
  CheckLines(bytes);
  const nlohmann::json parsed = Parse(bytes);
  CHECK(parsed["defects"].empty());
  CHECK(parsed["parts"]["text/plain"] == body);
  CHECK(parsed["parts"]["text/html"] == message.html_body);
}

TEST_CASE("Every kind of line end in a body becomes one", "[message]") {
  Message message = Example();
  const std::string accent = GENERATE(as<std::string>(), "", "ü", "世界世界世界世界");
  message.text_body = "a" + accent + "\r\nb\rc\n\nd";
  const std::string bytes = Composed(message);
  CheckLines(bytes);
  const std::string text = Parse(bytes)["parts"]["text/plain"];
  CHECK(text.substr(0, 8 + accent.size()) == "a" + accent + "\nb\nc\n\nd");
}

TEST_CASE("With one body the message is that body alone", "[message]") {
  Message message = Example();
  CHECK(Parse(Composed(message))["type"] == "text/plain");
  CHECK(Composed(message).ends_with("\r\n\r\nHello John\r\n"));
  message.text_body.clear();
  message.html_body = "<p>Hello</p>";
  CHECK(Parse(Composed(message))["type"] == "text/html");
}

TEST_CASE("A long unsubscribe link stays whole", "[message]") {
  Message message = Example();
  const std::string link =
      "<https://portal.hauler.example/v1/unsubscribe?t=" + std::string(300, 'a') +
      ">, <mailto:stop@hauler.example>";
  message.extra = {{"List-Unsubscribe", link}};
  const std::string bytes = Composed(message);
  CheckLines(bytes);
  CHECK(bytes.find(std::string(300, 'a')) != std::string::npos);
  CHECK(Parse(bytes)["headers"]["List-Unsubscribe"] == link);
}

TEST_CASE("Addresses of other scripts keep their local part, and get an ASCII domain",
          "[message]") {
  Message message = Example();
  message.to = {"Jürgen", "jürgen@bücher.example"};
  const nlohmann::json parsed = Parse(Composed(message));
  CHECK(parsed["to"]["address"] == "jürgen@xn--bcher-kva.example");
}

TEST_CASE("No header can be injected", "[message]") {
  const std::string evil =
      GENERATE(as<std::string>(), "x\r\nBcc: eve@example.com", "x\nBcc: eve@example.com",
               "x\rBcc: y", "x\r\n\r\nbody", std::string("x\0y", 3), "x\x1b[2J", "x\ty");
  CAPTURE(evil);
  const auto refused = [](const Message& message, const std::string& field) {
    const absl::Status status = Compose(message).status();
    CAPTURE(field);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(std::string(status.message()).substr(0, field.size() + 1) == field + ":");
  };
  Message message = Example();
  message.subject = evil;
  refused(message, "subject");
  message = Example();
  message.from.display_name = evil;
  refused(message, "from.display_name");
  message = Example();
  message.to.display_name = evil;
  refused(message, "to.display_name");
  message = Example();
  message.from.address = evil + "@example.com";
  refused(message, "from.address");
  message = Example();
  message.to.address = "x@example.com" + evil;
  refused(message, "to.address");
  message = Example();
  message.message_id = evil + "@example.com";
  refused(message, "message_id");
  message = Example();
  message.extra = {{"X-Note", evil}};
  refused(message, "extra.X-Note");
  message = Example();
  message.extra = {{"X-" + evil, "value"}};
  refused(message, "extra");
}

TEST_CASE("What no message can be made of is refused", "[message]") {
  const auto refusal = [](const Message& message) {
    return std::string(Compose(message).status().message());
  };
  Message message = Example();
  message.text_body.clear();
  CHECK(refusal(message) == "text_body: want a text body, an HTML body or both");
  message.text_body = "\xff";
  CHECK(refusal(message) == "text_body: want UTF-8 without NUL");
  message.text_body = std::string("a\0b", 3);
  CHECK(refusal(message) == "text_body: want UTF-8 without NUL");
  message = Example();
  message.subject = "\xe9";
  CHECK(refusal(message) == "subject: is not UTF-8");
  message = Example();
  message.message_id = GENERATE(as<std::string>(), "", "x", "@x", "x@", "<x@y>", "x @y");
  CHECK(refusal(message) == "message_id: want unique@domain, without angle brackets");
  message = Example();
  message.extra = {{"content-type", "text/html"}};
  CHECK(refusal(message) ==
        "extra.content-type: is a header that the message's other fields stand for");
  message.extra = {{"X-Note", "für"}};
  CHECK(refusal(message) == "extra.X-Note: want ASCII");
}

}  // namespace
}  // namespace portico::mail
