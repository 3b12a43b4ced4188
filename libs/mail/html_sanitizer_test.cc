#include "libs/mail/html_sanitizer.h"

#include <catch2/catch.hpp>
#include <random>
#include <regex>
#include <string>
#include <vector>

namespace portico::mail {
namespace {

bool IsLink(std::string_view name) { return name == "CustomerPortalLink"; }

SanitizedHtml Sanitized(std::string_view html) { return SanitizeHtml(html, IsLink); }

struct Example {
  std::string html;
  std::string kept;
  std::vector<std::string> removed = {};
};

TEST_CASE("What mail may hold is kept as it is", "[sanitizer]") {
  const std::string html = GENERATE(values<std::string>({
      "",
      "Just text &amp; more",
      "<p>Dear [ContactName],</p><a href=\"[CustomerPortalLink]\">Go</a>",
      "<a href=\"https://x.example/?a=[AccountNumber]&amp;b=1#top\" target=\"_blank\">x</a>",
      "<a href=\"mailto:help@x.example?subject=[AccountNumber]\">x</a><a "
      "href=\"tel:+15550100\">y</a>",
      "<img src=\"https://x.example/logo.png\" alt=\"[DivisionName]\" width=\"120\">",
      "<img src=\"cid:logo\" alt=\"\">",
      "<td style=\"padding:20px 32px; border-radius:8px 8px 0 0; font-family:'Segoe UI',Arial;\""
      " align=\"center\" bgcolor=\"#eeeeee\">x</td>",
      "<p style=\"color:rgb(1, 2, 3); width:calc(100% - 2px); "
      "mso-line-height-rule:exactly;\">x</p>",
      "<ul><li>One</li><li>Two<br>Three</li></ul>",
      "<style>\n.a, td > p { color:red; }\n@media (max-width:600px) {\n.a { width:100% !important; "
      "}"
      "\n}\n</style><p class=\"a\">x</p>",
      "<p>Gr\u00fc\u00dfe, \u4e16\u754c &lt;b&gt; &nbsp;x</p>",
      "<!--[if mso]><table role=\"presentation\" width=\"560\"><tr><td><![endif]--><p>x</p>"
      "<!--[if mso]></td></tr></table><![endif]-->",
      "<!--[if !mso]><!--><p>x</p><!--<![endif]-->",
      "<!--[if gte mso 9]><v:roundrect href=\"[CustomerPortalLink]\" arcsize=\"10%\" "
      "style=\"height:40px;width:200px;\">Go</v:roundrect><![endif]-->",
  }));
  CAPTURE(html);
  const SanitizedHtml result = Sanitized(html);
  CHECK(result.html == html);
  CHECK(result.removed.empty());
}

TEST_CASE("What could do something by itself is taken out, and told", "[sanitizer]") {
  const Example example = GENERATE(values<Example>({
      {"a<script>alert(1)</script>b", "ab", {"element <script>"}},
      {"a<ScRiPt src=//evil>x</sCrIpT >b", "ab", {"element <script>"}},
      {"<p onclick=\"x()\" ONLOAD=x>a</p>",
       "<p>a</p>",
       {"attribute onclick of <p>", "attribute onload of <p>"}},
      {"<a href=\"javascript:alert(1)\">a</a>", "<a>a</a>", {"link javascript:alert(1)"}},
      {"<a href=\" java\tscript&#58;alert(1)\">a</a>", "<a>a</a>", {"link javascript:alert(1)"}},
      {"<a href=\"data:text/html,x\">a</a>", "<a>a</a>", {"link data:text/html,x"}},
      {"<a href=\"//evil.example\">a</a>", "<a>a</a>", {"link //evil.example"}},
      {"<a href=\"[ContactName]\">a</a>", "<a>a</a>", {"link [ContactName]"}},
      {"<a href=\"https://[ContactName]/x\">a</a>", "<a>a</a>", {"link https://[ContactName]/x"}},
      {"<img src=\"http://x.example/a.png\">", "<img>", {"image http://x.example/a.png"}},
      {"<img src=\"data:image/svg+xml,x\" onerror=x>",
       "<img>",
       {"image data:image/svg+xml,x", "attribute onerror of <img>"}},
      {"<iframe src=x>in</iframe><object>o</object>b",
       "b",
       {"element <iframe>", "element <object>"}},
      {"<form action=x>Name <input name=a> <button>Go</button></form>",
       "Name  Go",
       {"element <form>", "element <input>", "element <button>"}},
      {"<svg><a href=\"https://x\">a</a></svg>b", "b", {"element <svg>"}},
      {"<blink>a</blink>", "a", {"element <blink>"}},
      {"<p style=\"position:fixed; color:red; top:0\">a</p>",
       "<p style=\"color:red;\">a</p>",
       {"style position", "style top"}},
      {"<p style=\"background:url(https://x/y.png)\">a</p>", "<p>a</p>", {"style background"}},
      {"<p style=\"width:expression(alert(1))\">a</p>", "<p>a</p>", {"style width"}},
      {"<p style=\"background:u\\72l(x)\">a</p>", "<p>a</p>", {"style background"}},
      {"<p style=\"background:u/**/rl(x)\">a</p>", "<p>a</p>", {"style background"}},
      {"<p style=\"color:[ContactName]\">a</p>", "<p>a</p>", {"style color"}},
      {"<style>@import 'x'; p { color:red; background:url(x) } @font-face { src:url(x) }</style>a",
       "<style>\np { color:red; }\n</style>a",
       {"style rule @import", "style background", "style rule @font-face"}},
      {"<style>p { color:red }</style x><script>y</script>a",
       "<style>\np { color:red; }\n</style>a",
       {"element <script>"}},
      {"a<!-- just a comment -->b", "ab"},
      {"a<!--[if mso]><script>x</script><![endif]-->b", "ab", {"conditional comment"}},
      {"a<!--[if mso]><p onclick=\"x\">y</p><![endif]-->b", "ab", {"conditional comment"}},
      {"a<!--[if mso]><v:rect href=\"javascript:x\">y</v:rect><![endif]-->b",
       "ab",
       {"conditional comment"}},
      {"<base href=\"https://evil.example/\"><p>a</p>", "<p>a</p>", {"element <base>"}},
  }));
  CAPTURE(example.html);
  const SanitizedHtml result = Sanitized(example.html);
  CHECK(result.html == example.kept);
  CHECK(result.removed == example.removed);
}

TEST_CASE("A document stays one and gets its language, a fragment stays a fragment",
          "[sanitizer]") {
  const std::string document =
      SanitizeHtml(
          "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0\" \"x\"><html lang=\"fr\"><head>"
          "<meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url=https://x\">"
          "<title>T</title></head><body bgcolor=\"#fff\"><p>a</p></body></html>",
          IsLink, "de-AT")
          .html;
  CHECK(document ==
        "<!doctype html>\n<html lang=\"de-AT\"><head><meta charset=\"utf-8\"><title>T</title>"
        "</head><body bgcolor=\"#fff\"><p>a</p></body></html>\n");
  CHECK(SanitizeHtml("<header>a</header>", IsLink, "de").html == "<header>a</header>");
}

TEST_CASE("What is taken out is told in few and short words", "[sanitizer]") {
  std::string html;
  for (int i = 0; i < 200; ++i) html += "<p x" + std::to_string(i) + "=1>";
  html += "<a href=\"javascript:" + std::string(5000, 'x') + "\">";
  CHECK(Sanitized(html).removed.size() == 50);
  CHECK(Sanitized("<a href=\"javascript:" + std::string(5000, 'x') + "\">").removed[0].size() <
        100);
}

TEST_CASE("Deep nesting ends", "[sanitizer]") {
  std::string deep = "seen";
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  CHECK(Sanitized(deep).html.find("seen") == 0);
}

// Puts pieces of what breaks such filters together at random. What comes out must hold nothing
// that a browser would act on, and nothing that another sanitizing would take out.
TEST_CASE("No mixture of nasty pieces gets through", "[sanitizer]") {
  const std::vector<std::string> pieces = {"<",
                                           ">",
                                           "\"",
                                           "'",
                                           "`",
                                           "/",
                                           "=",
                                           " ",
                                           "<!--",
                                           "-->",
                                           "--!>",
                                           "<![CDATA[",
                                           "]]>",
                                           "<?",
                                           "<!",
                                           "</",
                                           "<p",
                                           "<a href=",
                                           "<img src=",
                                           "<style>",
                                           "</style>",
                                           "<title>",
                                           "</title>",
                                           "<textarea>",
                                           "<noscript>",
                                           "<svg>",
                                           "<math><mtext>",
                                           "<table>",
                                           "<td style=",
                                           "javascript:alert(1)",
                                           "data:x",
                                           "url(x)",
                                           "expression(x)",
                                           "@import",
                                           "onerror=x",
                                           " onload=\"x\"",
                                           "[CustomerPortalLink]",
                                           "[ContactName]",
                                           "https://x.example",
                                           "&lt;script&gt;",
                                           "&#60;script>",
                                           "<script",
                                           "<script>",
                                           "</script>",
                                           "\\3c",
                                           "/*",
                                           "*/",
                                           "{",
                                           "}",
                                           ";",
                                           "position:fixed",
                                           "color:red",
                                           "<!--[if mso]>",
                                           "<![endif]-->",
                                           "<xmp>",
                                           "<iframe srcdoc=",
                                           "<form action=",
                                           "\u00a0",
                                           "\u00fc",
                                           "<meta http-equiv=refresh content=",
                                           "<base href=",
                                           "&#0;",
                                           "\t",
                                           "\n",
                                           "xlink:href",
                                           "<html",
                                           "<body ",
                                           "<head>"};
  // Texts and values have their < and > escaped, so that each one left is a tag's.
  const std::regex kTag(
      R"(<\s*/?(script|iframe|object|svg|math|form|base|link|noscript|textarea|xmp|embed)\b|<[^<>]* on\w+\s*=)",
      std::regex::icase);
  const std::regex kValue(
      R"re(<[^<>"]*("[^"]*"[^<>"]*)* (href|src)="(?!https?://|mailto:|#|\[CustomerPortalLink\]|"))re"
      R"re(|<[^<>"]*("[^"]*"[^<>"]*)* style="[^"]*(url\(|expression|position|@|\\)|<style>[^<]*(url\(|expression|position|@import))re",
      std::regex::icase);
  std::mt19937 random(20260603);  // The same mixtures every time.
  std::uniform_int_distribution<size_t> pick(0, pieces.size() - 1), length(1, 14);
  for (int i = 0; i < 20'000; ++i) {
    std::string html;
    for (size_t n = length(random); n > 0; --n) html += pieces[pick(random)];
    const SanitizedHtml once = Sanitized(html);
    INFO(html << "\nbecame\n" << once.html);
    const std::string tags = std::regex_replace(once.html, std::regex("\"[^\"]*\""), "\"\"");
    REQUIRE_FALSE(std::regex_search(tags, kTag));
    REQUIRE_FALSE(std::regex_search(once.html, kValue));
    REQUIRE(Sanitized(once.html).removed.empty());
  }
}

}  // namespace
}  // namespace portico::mail
