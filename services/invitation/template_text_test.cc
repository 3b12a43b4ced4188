#include "services/invitation/template_text.h"

#include <absl/strings/match.h>

#include <catch2/catch.hpp>
#include <set>

#include "google/rpc/error_details.pb.h"
#include "libs/testing/test_service.h"
#include "services/invitation/default_template.h"

namespace portico::invitation {
namespace {

constexpr char kLink[] = "https://portal.example/accept#token=abc";

Template Invitation(const std::string& subject, const std::string& html,
                    const std::string& text = "") {
  Template result;
  result.set_kind(portico::invitation::v1::TEMPLATE_KIND_INVITATION);
  result.set_subject(subject);
  result.set_html_body(html);
  result.set_text_body(text);
  return result;
}

// What is wrong, as "field: description" lines.
std::string Problems(Template text) {
  rpc::FieldErrors errors;
  CheckTemplate(text, errors);
  return std::string(errors.ToStatus().message());
}

const PlaceholderValues kValues = {{"ContactName", "Ann <b> & Co"},
                                   {"CustomerPortalLink", kLink},
                                   {"AccountName", "[CustomerPortalLink]"},
                                   {"DivisionName", "North\r\nBcc: all@example.com"}};

PlaceholderValues Samples(const Template& text) {
  PlaceholderValues values;
  for (const Placeholder& placeholder : PlaceholdersOf(text.kind())) {
    values.emplace(placeholder.name, placeholder.sample);
  }
  return values;
}

TEST_CASE("The default templates are good ones, of which nothing is taken out", "[template]") {
  std::set<TemplateKind> kinds;
  for (const Template& text : DefaultTemplates()) {
    CAPTURE(text.display_name());
    kinds.insert(text.kind());
    CHECK(text.id() == DefaultTemplateId(text.kind()));
    CHECK(IsDefaultTemplate(text.id()));
    CHECK(Problems(text) == "");
    Template checked = text;
    rpc::FieldErrors errors;
    CheckTemplate(checked, errors);
    CHECK(checked.removed().empty());
    CHECK(checked.html_body() == text.html_body());
  }
  for (int kind = portico::invitation::v1::TemplateKind_MIN + 1;
       kind <= portico::invitation::v1::TemplateKind_MAX; ++kind) {
    CHECK(kinds.contains(static_cast<TemplateKind>(kind)));
  }
  CHECK(DefaultTemplates()[0].id() == kDefaultTemplateId);
}

TEST_CASE("The default templates render to whole mails", "[template]") {
  for (const Template& text : DefaultTemplates()) {
    CAPTURE(text.display_name());
    const TemplateText mail =
        Render({text.subject(), text.html_body(), text.text_body()}, Samples(text));
    for (const std::string& part : {mail.subject, mail.html_body, mail.text_body}) {
      CHECK_FALSE(absl::StrContains(part, "$"));
      CHECK_FALSE(absl::StrContains(part, "[A"));
      CHECK_FALSE(absl::StrContains(part, " ,"));
    }
    for (const Placeholder& placeholder : PlaceholdersOf(text.kind())) {
      if (!placeholder.is_secret) continue;
      CHECK(absl::StrContains(mail.html_body, std::string(placeholder.sample)));
      CHECK(absl::StrContains(mail.text_body, "\n\n" + std::string(placeholder.sample) + "\n\n"));
      CHECK(IsLinkPlaceholder(placeholder.name) ==
            absl::StrContains(mail.html_body, "href=\"" + std::string(placeholder.sample) + "\""));
    }
  }
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

TEST_CASE("Each kind has placeholders of its own", "[template]") {
  Template text = Invitation("Hello [ContactName]", "<p>[AccountName]</p>");
  text.set_kind(portico::invitation::v1::TEMPLATE_KIND_GENERAL);
  CHECK(Problems(text) == "");
  text.set_html_body("<p>[CustomerPortalLink]</p>");
  CHECK_THAT(Problems(text), Catch::Contains("template.html_body"));
  text.set_kind(portico::invitation::v1::TEMPLATE_KIND_REMINDER);
  CHECK(Problems(text) == "");
  text.set_kind(portico::invitation::v1::TEMPLATE_KIND_TEMPORARY_PASSWORD);
  CHECK_THAT(Problems(text), Catch::Contains("[TemporaryPassword]"));
  text.set_html_body("<p>[TemporaryPassword]</p>");
  CHECK(Problems(text) == "");
  text.set_subject("[TemporaryPassword]");
  CHECK_THAT(Problems(text), Catch::Contains("template.subject"));
  text.set_kind(static_cast<TemplateKind>(77));
  CHECK_THAT(Problems(text), Catch::Contains("template.kind"));
}

TEST_CASE("A link that is lost with what held it is missed", "[template]") {
  CHECK_THAT(Problems(Invitation("Hello", "<form action=\"[CustomerPortalLink]\">x</form>")),
             Catch::Contains("template.html_body: got no [CustomerPortalLink]"));
  CHECK_THAT(Problems(Invitation("Hello", "<script>[CustomerPortalLink]</script>")),
             Catch::Contains("template.html_body"));
}

TEST_CASE("A template's locale is its HTML's language", "[template]") {
  Template text = Invitation("Hallo", "<html><body>[CustomerPortalLink]</body></html>");
  text.set_locale("de-at");
  rpc::FieldErrors errors;
  CheckTemplate(text, errors);
  CHECK(errors.empty());
  CHECK(text.locale() == "de-AT");
  CHECK(absl::StrContains(text.html_body(), "<html lang=\"de-AT\">"));
  text.set_locale("german");
  CHECK_THAT(Problems(text), Catch::Contains("template.locale: got \"german\""));
}

TEST_CASE("A date is written so that nobody takes the month for the day", "[template]") {
  const absl::Time time = absl::FromUnixSeconds(1'780'444'800);
  CHECK(DateText(time, "") == "3 June 2026");
  CHECK(DateText(time, "en-GB") == "3 June 2026");
  CHECK(DateText(time, "de") == "2026-06-03");
}

TEST_CASE("Brackets round anything but a word in mixed case are text", "[template]") {
  const std::string html = "<p>[1] [NOTE] a[href] [] [[ContactName] ";
  CHECK(Problems(Invitation("[NEW] portal", html + "[CustomerPortalLink]</p>")) == "");
  CHECK(Render({"", "<!--[if mso]>x<![endif]-->" + html, ""}, kValues).html_body ==
        "<!--[if mso]>x<![endif]--><p>[1] [NOTE] a[href] [] [Ann &lt;b&gt; &amp; Co ");
}

TEST_CASE("A value cannot leave the attribute that it stands in", "[template]") {
  CHECK(Render({"", "<img alt=\"[ContactName]\">", ""}, {{"ContactName", "\" onload='x' \""}})
            .html_body == "<img alt=\"&quot; onload=&#39;x&#39; &quot;\">");
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
