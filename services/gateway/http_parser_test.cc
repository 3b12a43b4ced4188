#include "services/gateway/http_parser.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace portico::gateway {
namespace {

constexpr size_t kHeaderLimit = 16 << 10;
constexpr size_t kBodyLimit = 100;

struct Parsed {
  int refused = 0;  // With this status; 0 when not.
  bool complete = false;
  HttpRequest request;
  std::string rest;
};

// Feeds the bytes in pieces of `step`, as a network might.
Parsed Parse(const std::string& bytes, size_t step = std::string::npos) {
  HttpParser parser(kHeaderLimit, kBodyLimit);
  std::string received;
  size_t fed = 0;
  while (!parser.complete() && !parser.refusal() && fed < bytes.size()) {
    received += bytes.substr(fed, step);
    fed += std::min(step, bytes.size() - fed);
    received.erase(0, parser.Parse(received));
  }
  Parsed parsed;
  if (parser.refusal()) parsed.refused = parser.refusal()->status;
  parsed.complete = parser.complete();
  if (parsed.complete) parsed.request = parser.Take();
  parsed.rest = received + bytes.substr(fed);
  return parsed;
}

std::string Lines(std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines) text.append(line).append("\r\n");
  return text;
}

}  // namespace

TEST_CASE("A request is parsed alike however its bytes arrive", "[gateway]") {
  const std::string bytes = Lines({"POST /v1/things?a=b HTTP/1.1", "Host: portal.example",
                                   "X-Mixed-Case: Value", "Content-Length: 5", ""}) +
                            "hello";
  for (const size_t step : {size_t{1}, size_t{7}, bytes.size()}) {
    Parsed parsed = Parse(bytes + "GET ", step);
    REQUIRE(parsed.complete);
    CHECK(parsed.request.method == "POST");
    CHECK(parsed.request.path == "/v1/things");
    CHECK(parsed.request.query == "a=b");
    CHECK(parsed.request.Header("host") == "portal.example");
    CHECK(parsed.request.Header("x-mixed-case") == "Value");
    CHECK(parsed.request.body == "hello");
    CHECK(parsed.rest == "GET ");
  }
}

TEST_CASE("Chunks are put together, and their trailers are no headers", "[gateway]") {
  const std::string bytes =
      Lines({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "3;extension=1", "abc",
             "A", "0123456789", "0", "Authorization: Bearer smuggled", ""});
  for (const size_t step : {size_t{1}, bytes.size()}) {
    Parsed parsed = Parse(bytes, step);
    REQUIRE(parsed.complete);
    CHECK(parsed.request.body == "abc0123456789");
    CHECK(parsed.request.Header("authorization").empty());
    CHECK(parsed.rest.empty());
  }
}

TEST_CASE("What two parsers might read as two requests is refused", "[gateway]") {
  const auto refused = [](std::initializer_list<std::string_view> headers) {
    std::string bytes = Lines({"POST / HTTP/1.1", "Host: a"});
    for (const std::string_view header : headers) bytes += Lines({header});
    return Parse(bytes + "\r\n0\r\n\r\n").refused;
  };
  CHECK(refused({"Content-Length: 5", "Transfer-Encoding: chunked"}) == 400);
  CHECK(refused({"Transfer-Encoding: chunked", "Content-Length: 5"}) == 400);
  CHECK(refused({"Content-Length: 5", "Content-Length: 6"}) == 400);
  CHECK(refused({"Content-Length: 5", "Content-Length: 5"}) == 400);
  CHECK(refused({"Content-Length: 5, 5"}) == 400);
  CHECK(refused({"X: y", " folded: z"}) == 400);
  CHECK(refused({"X: y", "\tContent-Length: 5"}) == 400);
  CHECK(refused({"Content-Length: +5"}) == 400);
  CHECK(refused({"Content-Length: 0x5"}) == 400);
  CHECK(refused({"Content-Length: -1"}) == 400);
  CHECK(refused({"Content-Length: 99999999999999999999"}) == 400);
  CHECK(refused({"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}) == 400);
  CHECK(refused({"Transfer-Encoding: chunked", "Transfer-Encoding: identity"}) == 400);
  CHECK(refused({"Transfer-Encoding: identity"}) == 501);
  CHECK(refused({"Transfer-Encoding: gzip, chunked"}) == 501);
  CHECK(refused({"Transfer-Encoding: chunked, gzip"}) == 501);
  CHECK(refused({"Transfer-Encoding: xchunked"}) == 501);
  CHECK(refused({"Transfer-Encoding : chunked"}) == 400);
  CHECK(refused({"Transfer-Encoding: chunked", "X: y\nContent-Length: 5"}) == 400);
  CHECK(refused({"Transfer-Encoding: chunked"}) == 0);
}

TEST_CASE("A chunk that is malformed or too large is refused", "[gateway]") {
  const auto refused = [](std::string_view body) {
    return Parse(Lines({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", body}))
        .refused;
  };
  CHECK(refused("xyz") == 400);
  CHECK(refused("3\r\nabcdefgh") == 400);
  CHECK(refused("FFFFFFFFFFFFFFFFF") == 400);
  CHECK(refused("65") == 413);
}

TEST_CASE("HTTP/1.1 wants one valid Host", "[gateway]") {
  CHECK(Parse("GET / HTTP/1.1\r\n\r\n").refused == 400);
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").refused == 400);
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n").refused == 400);
  CHECK(Parse("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n").refused == 400);
  CHECK(Parse("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n").complete);
  CHECK(Parse("GET / HTTP/1.0\r\n\r\n").complete);
}

TEST_CASE("The target is a path, or an address that the Host then follows", "[gateway]") {
  CHECK(Parse("GET path HTTP/1.1\r\nHost: a\r\n\r\n").refused == 400);
  CHECK(Parse("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n").refused == 400);
  CHECK(Parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").complete);
  const Parsed absolute = Parse("GET http://b.example/p?q HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(absolute.complete);
  CHECK(absolute.request.path == "/p");
  CHECK(absolute.request.query == "q");
  CHECK(absolute.request.Header("host") == "b.example");
  CHECK(Parse("GET http://b.example HTTP/1.1\r\nHost: a\r\n\r\n").request.path == "/");
}

TEST_CASE("What is no HTTP is refused", "[gateway]") {
  CHECK(Parse("hello\r\n\r\n").refused == 400);
  CHECK(Parse("GET / HTTP/1.1\nHost: a\n\n").refused != 0);
  CHECK(Parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n").refused == 505);
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n").refused == 400);
  CHECK(Parse(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 36)).refused == 400);
  CHECK(Parse("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n").refused == 400);
}

TEST_CASE("Headers and bodies have limits", "[gateway]") {
  const std::string long_header = "X: " + std::string(kHeaderLimit, 'x') + "\r\n";
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a\r\n" + long_header + "\r\n").refused == 431);
  CHECK(Parse("GET /" + std::string(2 * kHeaderLimit, 'x')).refused == 431);
  // By its length alone, before any of the body has come.
  CHECK(Parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n").refused == 413);
  CHECK(Parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'))
            .complete);
}

}  // namespace portico::gateway
