#include "libs/auth/key_source.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "libs/auth/file_key_source.h"
#include "libs/auth/loopback_http.h"
#include "libs/auth/test_directory.h"
#include "libs/auth/test_key.h"
#include "libs/auth/url_key_source.h"
#include "libs/testing/fake_clock.h"

namespace portico::auth {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

std::string SetOf(const std::string& key_id) { return TestKey("EdDSA", key_id).JwkSet(); }

std::string FirstKeyOf(KeySource& source) {
  const std::shared_ptr<const KeySet> keys = source.Keys();
  return keys == nullptr || keys->empty() ? "" : keys->front().key_id;
}

TEST_CASE("A key file is read again when it has changed, once a second at most", "[auth]") {
  testing::FakeClock clock(kStart);
  const TestDirectory directory;
  FileKeySource source(directory.Write("jwks.json", SetOf("one")), clock);
  CHECK(FirstKeyOf(source) == "one");

  directory.Write("jwks.json", SetOf("two"));
  clock.Advance(absl::Milliseconds(999));
  CHECK(FirstKeyOf(source) == "one");
  clock.Advance(absl::Milliseconds(1));
  CHECK(FirstKeyOf(source) == "two");
}

TEST_CASE("An unchanged key file keeps its keys' identity", "[auth]") {
  testing::FakeClock clock(kStart);
  const TestDirectory directory;
  FileKeySource source(directory.Write("jwks.json", SetOf("one")), clock);
  const auto keys = source.Keys();
  clock.Advance(absl::Hours(1));
  CHECK(source.Keys() == keys);
}

TEST_CASE("A key file may come later", "[auth]") {
  testing::FakeClock clock(kStart);
  const TestDirectory directory;
  FileKeySource source(directory / "jwks.json", clock);
  CHECK(source.Keys() == nullptr);
  directory.Write("jwks.json", SetOf("one"));
  clock.Advance(absl::Seconds(1));
  CHECK(FirstKeyOf(source) == "one");
}

TEST_CASE("A key file that breaks or goes keeps its keys until it is sound again", "[auth]") {
  testing::FakeClock clock(kStart);
  const TestDirectory directory;
  FileKeySource source(directory.Write("jwks.json", SetOf("one")), clock);

  directory.Write("jwks.json", "{\"keys\":[{");
  clock.Advance(absl::Seconds(1));
  CHECK(FirstKeyOf(source) == "one");

  std::filesystem::remove(directory / "jwks.json");
  clock.Advance(absl::Seconds(1));
  CHECK(FirstKeyOf(source) == "one");

  directory.Write("jwks.json", SetOf("two"));
  clock.Advance(absl::Seconds(1));
  CHECK(FirstKeyOf(source) == "two");
}

TEST_CASE("An emptied key set counts: its keys are revoked", "[auth]") {
  testing::FakeClock clock(kStart);
  const TestDirectory directory;
  FileKeySource source(directory.Write("jwks.json", SetOf("one")), clock);
  directory.Write("jwks.json", "{\"keys\":[]}");
  clock.Advance(absl::Seconds(1));
  REQUIRE(source.Keys() != nullptr);
  CHECK(source.Keys()->empty());
}

TEST_CASE("Keys are fetched from a URL, and again every ten minutes", "[auth]") {
  testing::FakeClock clock(kStart);
  LoopbackHttp issuer;
  issuer.Answer("200 OK", SetOf("one"));
  const auto source = UrlKeySource::Create(issuer.url(), clock).value();
  CHECK(source->Keys() == nullptr);
  CHECK(source->RefreshIfDue() == absl::Minutes(10));
  CHECK(FirstKeyOf(*source) == "one");

  issuer.Answer("200 OK", SetOf("two"));
  clock.Advance(absl::Minutes(10) - absl::Seconds(1));
  CHECK(source->RefreshIfDue() == absl::Seconds(1));
  CHECK(FirstKeyOf(*source) == "one");
  clock.Advance(absl::Seconds(1));
  source->RefreshIfDue();
  CHECK(FirstKeyOf(*source) == "two");
  CHECK(issuer.requests() == 2);
}

TEST_CASE("Fetching the same set keeps the keys' identity", "[auth]") {
  testing::FakeClock clock(kStart);
  LoopbackHttp issuer;
  issuer.Answer("200 OK", SetOf("one"));
  const auto source = UrlKeySource::Create(issuer.url(), clock).value();
  source->RefreshIfDue();
  const auto keys = source->Keys();
  clock.Advance(absl::Minutes(10));
  source->RefreshIfDue();
  CHECK(issuer.requests() == 2);
  CHECK(source->Keys() == keys);
}

TEST_CASE("While the issuer is away its keys stay, and are tried again", "[auth]") {
  testing::FakeClock clock(kStart);
  LoopbackHttp issuer;
  issuer.Answer("200 OK", SetOf("one"));
  const auto source = UrlKeySource::Create(issuer.url(), clock).value();
  source->RefreshIfDue();

  const std::pair<std::string, std::string> answers[] = {
      {"503 Service Unavailable", ""},
      {"200 OK", "<html>"},
      {"302 Found\r\nLocation: /other", SetOf("elsewhere")},
      {"200 OK", std::string((1 << 20) + 1, ' ')},
  };
  clock.Advance(absl::Minutes(10));
  for (const auto& [head, body] : answers) {
    CAPTURE(head);
    issuer.Answer(head, body);
    CHECK(source->RefreshIfDue() == absl::Seconds(30));
    CHECK(FirstKeyOf(*source) == "one");
    clock.Advance(absl::Seconds(30));
  }
  issuer.Answer("200 OK", SetOf("two"));
  CHECK(source->RefreshIfDue() == absl::Minutes(10));
  CHECK(FirstKeyOf(*source) == "two");
}

TEST_CASE("An issuer that is away at the start is tried again", "[auth]") {
  testing::FakeClock clock(kStart);
  LoopbackHttp issuer;
  issuer.Answer("503 Service Unavailable", "");
  const auto source = UrlKeySource::Create(issuer.url(), clock).value();
  source->RefreshIfDue();
  CHECK(source->Keys() == nullptr);
  issuer.Answer("200 OK", SetOf("one"));
  clock.Advance(absl::Seconds(30));
  source->RefreshIfDue();
  CHECK(FirstKeyOf(*source) == "one");
}

TEST_CASE("An unknown key leads to one fetch, and to no more for thirty seconds", "[auth]") {
  testing::FakeClock clock(kStart);
  LoopbackHttp issuer;
  issuer.Answer("200 OK", SetOf("one"));
  const auto source = UrlKeySource::Create(issuer.url(), clock).value();
  source->RefreshIfDue();
  CHECK_FALSE(source->ReportUnknownKey());

  issuer.Answer("200 OK", SetOf("two"));
  clock.Advance(absl::Seconds(30));
  CHECK(source->ReportUnknownKey());
  CHECK(source->ReportUnknownKey());  // The fetch is still to come.
  source->RefreshIfDue();
  CHECK(FirstKeyOf(*source) == "two");
  CHECK_FALSE(source->ReportUnknownKey());
  source->RefreshIfDue();
  CHECK(issuer.requests() == 2);
}

TEST_CASE("A source opened at a URL fetches on a thread of its own", "[auth]") {
  LoopbackHttp issuer;
  issuer.Answer("200 OK", SetOf("one"));
  const auto source = OpenKeySource(issuer.url(), SystemClock()).value();
  while (source->Keys() == nullptr) std::this_thread::yield();
  CHECK(FirstKeyOf(*source) == "one");
}

TEST_CASE("Keys come from files, https, and http to this machine only", "[auth]") {
  const testing::FakeClock clock(kStart);
  for (const char* url : {"https://issuer.example/jwks.json", "http://localhost/jwks.json",
                          "http://127.0.0.1:1/x", "http://[::1]:1/x"}) {
    CAPTURE(url);
    CHECK(UrlKeySource::Create(url, clock).ok());
  }
  for (const char* url :
       {"http://issuer.example/jwks.json", "http://127.0.0.1@issuer.example/jwks.json",
        "http://localhost.issuer.example/", "ftp://127.0.0.1/jwks.json", "file:///etc/passwd",
        "http://", "://", "https://user:password@issuer.example/"}) {
    CAPTURE(url);
    CHECK(OpenKeySource(url, clock).status().code() == absl::StatusCode::kInvalidArgument);
  }
  const TestDirectory directory;
  const auto file =
      OpenKeySource(directory.Write("jwks.json", SetOf("one")), SystemClock()).value();
  CHECK(FirstKeyOf(*file) == "one");
}

}  // namespace
}  // namespace portico::auth
