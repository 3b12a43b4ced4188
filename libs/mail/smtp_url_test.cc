#include "libs/mail/smtp_url.h"

#include <catch2/catch.hpp>

#include "libs/mail/transport.h"

namespace portico::mail {
namespace {

TEST_CASE("A mail server's URL is taken apart", "[smtp_url]") {
  struct Example {
    std::string url;
    std::string server;
    std::string user;
    std::string password;
    bool require_tls;
  };
  const Example example = GENERATE(values<Example>({
      {"smtp://mx.example", "smtp://mx.example/", "", "", false},
      {"smtp://mx.example:2525/portal.example", "smtp://mx.example:2525/portal.example", "", "",
       false},
      {"smtp://mx.example?tls=required", "smtp://mx.example/", "", "", true},
      {"smtps://mx.example", "smtps://mx.example/", "", "", true},
      {"smtp://user:pass@mx.example:587", "smtp://mx.example:587/", "user", "pass", true},
      {"smtp://me%40x.example:p%3A%2F%23@mx.example", "smtp://mx.example/", "me@x.example", "p:/#",
       true},
      {"smtp://user:pass@127.0.0.1", "smtp://127.0.0.1/", "user", "pass", false},
      {"smtp://user:pass@[::1]:25", "smtp://[::1]:25/", "user", "pass", false},
      {"smtp://user:pass@localhost", "smtp://localhost/", "user", "pass", false},
      {"smtp://user:pass@127.0.0.1.mx.example", "smtp://127.0.0.1.mx.example/", "user", "pass",
       true},
  }));
  CAPTURE(example.url);
  const absl::StatusOr<SmtpUrl> url = ParseSmtpUrl(Secret(example.url));
  REQUIRE(url.status() == absl::OkStatus());
  CHECK(url->server == example.server);
  CHECK(url->user == example.user);
  CHECK(url->password.Reveal() == example.password);
  CHECK(url->require_tls == example.require_tls);
}

TEST_CASE("A mail server's URL of another form is refused, and not repeated", "[smtp_url]") {
  const std::string url = GENERATE(
      as<std::string>(), "", "mx.example", "http://mx.example", "smtp://", "smtp://user@mx.example",
      "smtp://:hunter2@mx.example", "smtp://mx.example?tls=maybe", "smtp://mx.example?x=hunter2",
      "smtp://user:hunter2#x@mx.example", "smtp://user:hunter2@mx.example:99999", "maildir:");
  CAPTURE(url);
  const absl::Status status = MakeTransportFactory({.url = Secret(url)}).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(status.message()).find("hunter2") == std::string::npos);
}

}  // namespace
}  // namespace portico::mail
