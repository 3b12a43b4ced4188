#include "libs/mail/html_text.h"

#include <catch2/catch.hpp>

namespace portico::mail {
namespace {

struct Example {
  std::string html;
  std::string text;
};

TEST_CASE("HTML becomes text that reads well", "[html_text]") {
  const Example example = GENERATE(values<Example>({
      {"", ""},
      {"Just text", "Just text\n"},
      {"  white \n\t space  ", "white space\n"},
      {"<p>One</p>\n\n<p>Two</p>", "One\n\nTwo\n"},
      {"One<br>Two<br/><br/><br/>Three", "One\nTwo\n\nThree\n"},
      {"<div>One</div><div><div>Two</div></div>", "One\nTwo\n"},
      {"<h1>Title</h1>Text", "Title\n\nText\n"},
      {"a<b>b</b> <i>c</i>", "ab c\n"},
      {"Fish &amp; chips &lt;1&gt; &eacute;&#8364;&nbsp;x", "Fish & chips <1> é€ x\n"},
      {"Grüße, 世界", "Grüße, 世界\n"},
      {"<ul><li>One</li><li>Two</li></ul>End", "- One\n- Two\n\nEnd\n"},
      {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"},
      {"a<hr>b", "a\n\n----\n\nb\n"},
      {"<img src=\"logo.png\" alt=\"North Hauling\">", "North Hauling\n"},
      {"<head><title>T</title><style>p{}</style></head><script>x()</script>Body<!-- no -->",
       "Body\n"},
      {"<meta charset=\"iso-8859-1\">é", "é\n"},
      {"<p>broken <b>tags <a", "broken tags\n"},
      {"1 < 2 & 3", "1 < 2 & 3\n"},
  }));
  CAPTURE(example.html);
  CHECK(TextFromHtml(example.html) == example.text);
}

TEST_CASE("Links keep their text and their target", "[html_text]") {
  const Example example = GENERATE(values<Example>({
      {"<a href=\"https://x.example/a?b=1&amp;c=2#t=3\">Sign in</a> now",
       "Sign in: https://x.example/a?b=1&c=2#t=3 now\n"},
      {"<a href=\"https://x.example/\">https://x.example/</a>", "https://x.example/\n"},
      {"<p>Here:</p><a href=\"https://x.example/\"> </a>", "Here:\n\nhttps://x.example/\n"},
      {"<a href=\"https://x.example/\">Go to:</a>", "Go to: https://x.example/\n"},
      {"<a href=\"mailto:help@x.example\">help@x.example</a>", "help@x.example\n"},
      {"<a href=\"mailto:help@x.example\">Help</a>", "Help: help@x.example\n"},
      {"<a href=\"#top\">Top</a> <a name=x>here</a>", "Top here\n"},
      {"<a href=\"javascript:alert(1)\">Click</a>", "Click\n"},
      {"<p>Dear [ContactName],</p><a href=\"[CustomerPortalLink]\"><b>Accept</b></a>",
       "Dear [ContactName],\n\nAccept: [CustomerPortalLink]\n"},
  }));
  CAPTURE(example.html);
  CHECK(TextFromHtml(example.html) == example.text);
}

TEST_CASE("Deeply nested and hostile HTML still gives a result", "[html_text]") {
  std::string deep = "seen";
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  CHECK(TextFromHtml(deep) == "seen\n");
  CHECK(
      TextFromHtml("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>a &e;").find("root") ==
      std::string::npos);
}

TEST_CASE("A value escaped for HTML stands for itself", "[html_text]") {
  CHECK(EscapeHtml("<b>\"R&D\"</b> o'clock") ==
        "&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt; o&#39;clock");
  CHECK(TextFromHtml(EscapeHtml("a <script>x</script> & 'b'")) == "a <script>x</script> & 'b'\n");
}

TEST_CASE("A value for a header keeps to one line", "[html_text]") {
  CHECK(HeaderValue("Bob\r\nBcc: eve@example.com") == "Bob Bcc: eve@example.com");
  CHECK(HeaderValue("\r\n Bob \n") == "Bob");
  CHECK(HeaderValue("a \n b") == "a  b");
  CHECK(HeaderValue(std::string("a\0b\x7f"
                                "c",
                                5)) == "a b c");
  CHECK(HeaderValue("Jürgen  Groß") == "Jürgen  Groß");
  CHECK(HeaderValue("") == "");
}

}  // namespace
}  // namespace portico::mail
