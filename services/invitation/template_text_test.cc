#include "services/invitation/template_text.h"

#include <absl/strings/match.h>

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "libs/testing/test_service.h"
#include "services/invitation/default_template.h"

namespace portico::invitation {
namespace {

constexpr char kLink[] = "https://portal.example/accept#token=abc";

Template Invitation(const std::string& subject, const std::string& html,
                    const std::string& text = "") {
  Template result;
  result.set_subject(subject);
  result.set_html_body(html);
  result.set_text_body(text);
  return result;
}

// What is wrong, as "field: description" lines.
std::string Problems(const Template& text) {
  rpc::FieldErrors errors;
  CheckTexts(text, errors);
  return std::string(errors.ToStatus().message());
}

const PlaceholderValues kValues = {{"ContactName", "Ann <b> & Co"},
                                   {"CustomerPortalLink", kLink},
                                   {"AccountName", "[CustomerPortalLink]"},
                                   {"DivisionName", "North\r\nBcc: all@example.com"}};

TEST_CASE("The default template is a good one", "[template]") {
  const Template text = DefaultTemplate();
  CHECK(Problems(text) == "");
  const TemplateText mail = Render({text.subject(), text.html_body(), text.text_body()}, kValues);
  CHECK(absl::StrContains(mail.html_body, std::string("href=\"") + kLink + "\""));
  CHECK(absl::StrContains(mail.html_body, std::string(">") + kLink + "<"));
  CHECK(absl::StrContains(mail.text_body, kLink));
}

TEST_CASE("A template with an unknown placeholder or without the link is refused", "[template]") {
  const std::string link = "[CustomerPortalLink]";
  CHECK(Problems(Invitation("Hello [ContactName]", link)) == "");
  CHECK_THAT(Problems(Invitation("Hello [Contact]", link)), Catch::Contains("template.subject"));
  CHECK_THAT(Problems(Invitation("Hello", link + " [contactName]")),
             Catch::Contains("template.html_body") && Catch::Contains("[contactName]"));
  CHECK_THAT(Problems(Invitation("Hello", "no link")), Catch::Contains("template.html_body"));
  CHECK_THAT(Problems(Invitation("Hello", link, "no link")), Catch::Contains("template.text_body"));
  CHECK_THAT(Problems(Invitation("Go to " + link, link)), Catch::Contains("template.subject"));
}

TEST_CASE("Brackets round anything but a word in mixed case are text", "[template]") {
  const std::string html = "<!--[if mso]>x<![endif]--> [1] [NOTE] a[href] [] [[ContactName] ";
  CHECK(Problems(Invitation("[NEW] portal", html + "[CustomerPortalLink]")) == "");
  CHECK(Render({"", html, ""}, kValues).html_body ==
        "<!--[if mso]>x<![endif]--> [1] [NOTE] a[href] [] [Ann &lt;b&gt; &amp; Co ");
}

TEST_CASE("Values are escaped in HTML only, and never read as placeholders", "[template]") {
  const TemplateText mail =
      Render({"[ContactName]", "<p>[ContactName] [AccountName]</p>", "[ContactName] [AccountName]"},
             kValues);
  CHECK(mail.subject == "Ann <b> & Co");
  CHECK(mail.html_body == "<p>Ann &lt;b&gt; &amp; Co [CustomerPortalLink]</p>");
  CHECK(mail.text_body == "Ann <b> & Co [CustomerPortalLink]");
}

TEST_CASE("A value cannot break the subject's line", "[template]") {
  CHECK(RenderSubject("From [DivisionName]", kValues) == "From North Bcc: all@example.com");
}

TEST_CASE("A missing text body is made from the HTML", "[template]") {
  const TemplateText mail = Render(
      {"", "<p>Hello [ContactName],</p><p><a href=\"[CustomerPortalLink]\">Open</a></p>", ""},
      kValues);
  CHECK_THAT(mail.text_body, Catch::Contains("Hello Ann <b> & Co,") && Catch::Contains(kLink));
}

}  // namespace
}  // namespace portico::invitation
