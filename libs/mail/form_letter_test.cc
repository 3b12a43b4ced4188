#include "libs/mail/form_letter.h"

#include <absl/strings/match.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/mail/foreign_parser.h"
#include "libs/mail/message.h"

namespace portico::mail {
namespace {

using Values = std::vector<std::string>;

std::string Filled(const FormLetter::Body& text, const FormLetter::Body& html,
                   const Values& values) {
  const absl::StatusOr<FormLetter> letter = FormLetter::Prepare(text, html);
  REQUIRE(letter.status() == absl::OkStatus());
  const absl::StatusOr<std::string> bytes = Compose({.from = {"North", "office@hauler.example"},
                                                     .to = {"John Doe", "john@example.com"},
                                                     .subject = "Your access",
                                                     .message_id = "msg_1@hauler.example",
                                                     .date = absl::FromUnixSeconds(1'800'000'000)},
                                                    *letter, values);
  REQUIRE(bytes.status() == absl::OkStatus());
  CheckLines(*bytes);
  return *bytes;
}

// What a reader is to see of `value`.
std::string Unescaped(const std::string& html) {
  std::string text;
  for (size_t i = 0; i < html.size();) {
    size_t length = 1;
    char c = html[i];
    for (const auto& [entity, meant] : std::vector<std::pair<std::string, char>>{
             {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}}) {
      if (html.compare(i, entity.size(), entity) == 0) {
        length = entity.size();
        c = meant;
      }
    }
    text += c;
    i += length;
  }
  return text;
}

TEST_CASE("Values of any text stand where they belong", "[form_letter]") {
  const std::string value = GENERATE(
      as<std::string>(), "", "John Doe", "Jürgen Müller", "世界世界世界世界世界世界世界世界", ".",
      "..\n.", "=20", "=", "=3D=\n", " ", "  two  ", "\t", "From me", "F",
      "a\r\nBcc: eve@example.com\r\n\r\nx", "<b>Tom & \"Jerry\"'s</b>", "--=_portico_alternative",
      "\n", "\n\n", std::string(75, 'x'), std::string(76, 'x'), std::string(77, 'x'),
      std::string(500, 'y'), std::string(75, ' '), std::string(74, 'z') + " ",
      "👋🏽 family 👨‍👩‍👧‍👦", "[ContactName]",
      "https://portal.example/accept#token=abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEF");
  CAPTURE(value);
  const FormLetter::Body text = {{"Hello ", 0}, {",\n", 1},   {".", 0}, {"\nFrom ", 0},
                                 {"", 1},       {"\n.\n", 0}, {" ", 1}};
  const FormLetter::Body html = {{"<p>", 0}, {"</p>\n<a href=\"", 1}, {"\">", 1}, {"</a>\n", 0}};
  const std::string other = "x=y";
  const nlohmann::json parsed = Parse(Filled(text, html, {value, other}));
  CHECK(parsed["defects"].empty());
  CHECK(parsed["type"] == "multipart/alternative");
  std::string lines;  // As its reader writes line ends.
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\r') lines += value[i];
  }
  CHECK(parsed["parts"]["text/plain"] ==
        "Hello " + lines + ",\nx=y." + lines + "\nFrom " + lines + "x=y\n.\n" + lines + " x=y");
  const std::string seen = parsed["parts"]["text/html"];
  CHECK(Unescaped(seen) == "<p>" + lines + "</p>\n<a href=\"x=y\">x=y</a>\n" + lines);
  if (value.starts_with("<b>")) {
    CHECK(absl::StrContains(seen, "<p>&lt;b&gt;Tom &amp; &quot;Jerry&quot;&#39;s&lt;/b&gt;</p>"));
  }
}

TEST_CASE("Pieces of any length join without a long line", "[form_letter]") {
  for (size_t length = 70; length <= 80; ++length) {
    CAPTURE(length);
    const std::string words = std::string(length, 'w');
    for (const std::string& piece :
         {words, words + " ", words + "\t\n", words + "=", words + "ü"}) {
      const nlohmann::json parsed = Parse(Filled({{piece, 0}, {piece, 0}, {"\n"}}, {}, {" "}));
      CHECK(parsed["parts"]["text/plain"] == piece + " " + piece + " \n");
    }
  }
}

TEST_CASE("A letter with one body is that body alone", "[form_letter]") {
  CHECK(Filled({{"Hello ", 0}}, {}, {"John "}).ends_with("\r\n\r\nHello =\r\nJohn=20\r\n"));
  const nlohmann::json parsed = Parse(Filled({}, {{"<p>", 0}}, {"<"}));
  CHECK(parsed["type"] == "text/html");
  CHECK(parsed["parts"]["text/html"] == "<p>&lt;\n");
}

TEST_CASE("A relay that minds no dots or From at the start of a line harms nothing",
          "[form_letter]") {
  const std::string bytes =
      Filled({{".\n..x\nFrom a\n", 0}, {".", 0}, {"From b"}}, {}, {".From c"});
  for (const char* harmed : {"\r\n.", "\r\nFrom "}) CHECK_FALSE(absl::StrContains(bytes, harmed));
}

TEST_CASE("What no letter can be made of is refused", "[form_letter]") {
  const auto refusal = [](const FormLetter::Body& text, const FormLetter::Body& html) {
    return std::string(FormLetter::Prepare(text, html).status().message());
  };
  CHECK(refusal({}, {}) == "text_body: want a text body, an HTML body or both");
  CHECK(refusal({{""}}, {{"\xff"}}) == "html_body: want UTF-8 without NUL");

  const absl::StatusOr<FormLetter> letter = FormLetter::Prepare({{"", 1}}, {});
  REQUIRE(letter.ok());
  std::string bytes;
  CHECK(letter->AppendTo(bytes, Values{"a"}).message() == "values: got 1, want 2");
  CHECK(letter->AppendTo(bytes, Values{"a", "\xff"}).message() ==
        "values[1]: want UTF-8 without NUL");
  CHECK(letter->AppendTo(bytes, Values{"a", std::string("\0", 1)}).message() ==
        "values[1]: want UTF-8 without NUL");
}

}  // namespace
}  // namespace portico::mail
