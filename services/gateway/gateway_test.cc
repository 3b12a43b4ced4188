#include "services/gateway/gateway.h"

#include <absl/strings/str_cat.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "libs/testing/fake_clock.h"
#include "libs/testing/test_service.h"
#include "services/gateway/library_service.h"
#include "services/gateway/raw_client.h"

namespace portico::gateway {
namespace {

using nlohmann::json;

constexpr char kPackage[] = "portico.library.v1";

// The gateway before a real service.
struct Served {
  explicit Served(std::vector<std::string> trusted_proxies = {}) : service(FindVisitor) {
    library.Register(service.server());
    service.Start();
    GatewayOptions options;
    options.listen = "127.0.0.1:0";
    options.services[kPackage].target = service.address();
    options.trusted_proxies = std::move(trusted_proxies);
    options.api_descriptors = LibraryDescriptors();
    options.clock = &clock;
    gateway = std::make_unique<Gateway>(std::move(options), metrics);
    const absl::Status started = gateway->Start();
    INFO(started);
    REQUIRE(started.ok());
  }

  std::string Bearer(std::vector<std::string> permissions) const {
    return absl::StrCat("Authorization: Bearer ", service.StaffToken(std::move(permissions)),
                        "\r\n");
  }

  testing::FakeClock clock{absl::UnixEpoch()};
  LibraryService library;
  testing::TestService service;
  rpc::Metrics metrics;
  std::unique_ptr<Gateway> gateway;
};

json ErrorOf(const HttpResponse& response) { return json::parse(response.body).at("error"); }

std::string ReasonOf(const HttpResponse& response) {
  const json error = ErrorOf(response);
  for (const json& detail : error["details"]) {
    if (detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo") return detail["reason"];
  }
  return "";
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("A resource is created and answered as JSON", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const HttpResponse response =
      client.Call("POST", "/v1/shelves/s1/books?requestId=r1", R"({"title":"T","tags":["a"]})",
                  served.Bearer({"contacts.write"}));
  CHECK(response.status == 200);
  CHECK(HeaderOf(response, "Content-Type") == "application/json");
  CHECK(HeaderOf(response, "Cache-Control") == "no-store");
  const json book = json::parse(response.body);
  CHECK(book["id"] == "b1");
  CHECK(book["shelfId"] == "s1");
  CHECK(book["tags"] == json{"a"});
  CHECK(book["pageCount"] == "0");
}

TEST_CASE("Errors of the service come with their details", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const std::string bearer = served.Bearer({"contacts.write"});
  const HttpResponse anonymous = client.Call("POST", "/v1/shelves/s1/books", R"({"title":"T"})");
  CHECK(anonymous.status == 401);
  CHECK(HeaderOf(anonymous, "WWW-Authenticate") == "Bearer");
  CHECK(client
            .Call("POST", "/v1/shelves/s1/books", R"({"title":"T"})",
                  served.Bearer({"contacts.read"}))
            .status == 403);
  CHECK(client.Call("GET", "/v1/books/none").status == 404);

  const HttpResponse invalid =
      client.Call("POST", "/v1/shelves/s1/books", R"({"author":{}})", bearer);
  CHECK(invalid.status == 400);
  const json error = ErrorOf(invalid);
  CHECK(error["status"] == "INVALID_ARGUMENT");
  std::vector<std::string> fields;
  for (const json& violation : error["details"][0]["fieldViolations"]) {
    fields.push_back(violation["field"]);
  }
  CHECK(fields == std::vector<std::string>{"book.title", "book.author.fullName"});

  const HttpResponse used =
      client.Call("POST", "/v1/shelves/s1/books?requestId=used", R"({"title":"T"})", bearer);
  CHECK(used.status == 409);
  CHECK(ReasonOf(used) == "REQUEST_ID_USED");

  const HttpResponse busy = client.Call("GET", "/v1/books/busy");
  CHECK(busy.status == 429);
  CHECK(HeaderOf(busy, "Retry-After") == "3");

  const HttpResponse broken = client.Call("GET", "/v1/books/broken");
  CHECK(broken.status == 500);
  CHECK_FALSE(Contains(broken.body, "secret cause"));
}

TEST_CASE("A service that is away is UNAVAILABLE, without telling where it is", "[gateway]") {
  Served served;
  served.service.server().Shutdown();
  RawClient client(served.gateway->port());
  const HttpResponse response = client.Call("GET", "/v1/books/b1");
  CHECK(response.status == 503);
  CHECK(HeaderOf(response, "Retry-After") == "1");
  CHECK_FALSE(Contains(response.body, "127.0.0.1"));
  CHECK(client.Call("GET", "/readyz").status == 200);
}

TEST_CASE("Requests that fit no RPC are told why", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  CHECK(client.Call("GET", "/v1/nothing").status == 404);
  CHECK(client.Call("POST", "/portico.library.v1.LibraryService/BurnBooks").status == 404);
  const HttpResponse method = client.Call("PUT", "/v1/books");
  CHECK(method.status == 405);
  CHECK(HeaderOf(method, "Allow") == "GET");
  CHECK(HeaderOf(client.Call("POST", "/healthz"), "Allow") == "GET, HEAD");
  CHECK(client.Call("HEAD", "/v1/books/b1:watch").status == 405);
  CHECK(client.Call("HEAD", "/v1/books/b1").status == 200);

  client.Send(
      "POST /v1/books/b1:return HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
      "Content-Length: 2\r\n\r\n{}");
  CHECK(client.Read().status == 415);
  client.Send("POST /v1/books/b1:return HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(client.Read().status == 200);
  CHECK(client.Call("POST", "/v1/books/b1:return", "{").status == 400);
  const HttpResponse unknown = client.Call("POST", "/v1/books/b1:return", R"({"colour":"red"})");
  CHECK(unknown.status == 400);
  CHECK(ErrorOf(unknown)["details"][0]["fieldViolations"][0]["field"] == "colour");
  CHECK(client.Call("GET", "/v1/books?colour=red").status == 400);
}

TEST_CASE("A body beyond the limit is refused as JSON, with a length and without", "[gateway]") {
  Served served;
  const std::string large(1100000, ' ');
  RawClient client(served.gateway->port());
  const HttpResponse response = client.Call("POST", "/v1/books/b1:return", large);
  CHECK(response.status == 413);
  CHECK(ErrorOf(response)["code"] == 413);
  CHECK(HeaderOf(response, "X-Content-Type-Options") == "nosniff");

  RawClient chunked(served.gateway->port());
  chunked.Send(absl::StrCat(
      "POST /v1/books/b1:return HTTP/1.1\r\nHost: h\r\n"
      "Transfer-Encoding: chunked\r\n\r\n80000\r\n",
      large.substr(0, 0x80000), "\r\n80001\r\n", large.substr(0, 0x80001), "\r\n0\r\n\r\n"));
  CHECK(chunked.Read().status == 413);

  RawClient within(served.gateway->port());
  CHECK(within.Call("POST", "/v1/books/b1:return", absl::StrCat("{", large.substr(0, 1000000), "}"))
            .status == 200);
}

TEST_CASE("A chunked body is read, and pipelined calls keep their order", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  std::string requests =
      "POST /v1/books/b0:return HTTP/1.1\r\nHost: h\r\n"
      "Transfer-Encoding: chunked\r\n\r\n"
      "5\r\n{\"con\r\nF\r\ndition\":\"fine\"}\r\n0\r\n\r\n";
  for (int i = 1; i < 20; ++i) {
    absl::StrAppend(&requests, "GET /v1/books/b", i, " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  client.Send(requests);
  CHECK(json::parse(client.Read().body)["request"]["condition"] == "fine");
  for (int i = 1; i < 20; ++i) {
    CHECK(json::parse(client.Read().body)["id"] == absl::StrCat("b", i));
  }
}

TEST_CASE("A request without Host is refused as JSON", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  client.Send("GET /v1/books HTTP/1.1\r\n\r\n");
  const HttpResponse response = client.Read();
  CHECK(response.status == 400);
  CHECK(ErrorOf(response)["message"] == "want one Host");
}

TEST_CASE("The service learns who calls, from where and in which trace", "[gateway]") {
  Served served({"127.0.0.1"});
  RawClient client(served.gateway->port());
  const HttpResponse response =
      client.Call("POST", "/v1/books/b1:return", "{}",
                  "Authorization: Bearer abc\r\nX-Forwarded-For: 192.0.2.7\r\nX-Other: private\r\n"
                  "traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01\r\n");
  REQUIRE(response.status == 200);
  CHECK(Contains(response.body, "\"x-forwarded-for: 192.0.2.7\""));
  CHECK(Contains(response.body, "traceparent: 00-0123456789abcdef0123456789abcdef-"));
  CHECK_FALSE(Contains(response.body, "private"));

  const HttpResponse bare = client.Call("POST", "/v1/books/b1:return", "{}");
  CHECK(Contains(bare.body, "traceparent: 00-"));
  CHECK(client.Call("POST", "/v1/books/b1:return", "{}", "Authorization: Bearer \xff\r\n").status ==
        400);
}

TEST_CASE("A session becomes a cookie, and the cookie a session", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const HttpResponse begun = client.Call("POST", "/v1/visits", R"({"name":"ann"})");
  CHECK(begun.status == 200);
  CHECK(HeaderOf(begun, "Set-Cookie") ==
        "portico=visit-ann; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict");

  const HttpResponse visitor =
      client.Call("GET", "/v1/visitor", "", "Cookie: portico=visit-ann\r\n");
  CHECK(visitor.body == R"({"name":"ann"})");
  CHECK(HeaderOf(visitor, "Set-Cookie").empty());
  CHECK(client.Call("GET", "/v1/visitor").status == 401);
  CHECK(client.Call("GET", "/v1/visitor", "", "Cookie: portico=other\r\n").status == 401);

  const HttpResponse ended = client.Call(
      "DELETE", "/v1/visits", "", "Cookie: portico=visit-ann\r\nSec-Fetch-Site: same-origin\r\n");
  CHECK(HeaderOf(ended, "Set-Cookie") == "portico=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

TEST_CASE("Another site's page can change nothing with a user's cookie", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const std::string cookie = "Cookie: portico=visit-ann\r\n";
  CHECK(
      client.Call("DELETE", "/v1/visits", "", cookie + "Origin: http://evil.example\r\n").status ==
      403);
  CHECK(client.Call("DELETE", "/v1/visits", "", cookie).status == 403);
  CHECK(client.Call("DELETE", "/v1/visits", "", cookie + "Origin: http://test\r\n").status == 200);
}

TEST_CASE("Behind HTTPS the cookie and the headers are stricter", "[gateway]") {
  Served served({"127.0.0.0/8"});
  RawClient client(served.gateway->port());
  const HttpResponse begun =
      client.Call("POST", "/v1/visits", R"({"name":"ann"})", "X-Forwarded-Proto: https\r\n");
  CHECK(HeaderOf(begun, "Set-Cookie").rfind("__Host-portico=visit-ann; ", 0) == 0);
  CHECK(HeaderOf(begun, "Set-Cookie").find("; Secure") != std::string::npos);
  CHECK(HeaderOf(begun, "Strict-Transport-Security") == "max-age=31536000");
  CHECK(HeaderOf(client.Call("GET", "/"), "Strict-Transport-Security").empty());
}

TEST_CASE("A server stream is JSON lines, or events when asked for", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const HttpResponse lines = client.Call("GET", "/v1/books/b1:watch?times=3");
  CHECK(HeaderOf(lines, "Content-Type") == "application/x-ndjson");
  CHECK(lines.body == "{\"time\":1}\n{\"time\":2}\n{\"time\":3}\n");

  const HttpResponse events =
      client.Call("GET", "/v1/books/b1:watch?times=2", "", "Accept: text/event-stream\r\n");
  CHECK(HeaderOf(events, "Content-Type") == "text/event-stream");
  CHECK(events.body == "data: {\"time\":1}\n\ndata: {\"time\":2}\n\n");
}

TEST_CASE("A stream that fails ends with its error", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const HttpResponse lines = client.Call("GET", "/v1/books/b1:watch?times=1&fail=true");
  CHECK(lines.status == 200);
  const std::string last = lines.body.substr(lines.body.find('\n') + 1);
  CHECK(json::parse(last)["error"]["status"] == "NOT_FOUND");

  const HttpResponse events = client.Call("GET", "/v1/books/b1:watch?times=1&fail=true", "",
                                          "Accept: text/event-stream\r\n");
  CHECK(events.body.rfind("data: {\"time\":1}\n\nevent: error\ndata: {\"error\":{\"code\":404,",
                          0) == 0);
  // Before anything was sent, the answer can still be the error itself.
  CHECK(client.Call("GET", "/v1/books/b1:watch?fail=true").status == 404);
}

TEST_CASE("A resting stream of events is kept alive, and ends upstream with its client",
          "[gateway]") {
  Served served;
  {
    RawClient client(served.gateway->port());
    client.Send(
        "GET /v1/books/b1:watch?times=1&rest=true HTTP/1.1\r\nHost: h\r\n"
        "Accept: text/event-stream\r\n\r\n");
    client.ReadUntil("{\"time\":1}\n\n\r\n");
    // Twice, so that the server knows that the piece is out before time passes.
    served.gateway->Sweep();
    served.gateway->Sweep();
    served.clock.Advance(absl::Seconds(15));
    served.gateway->Sweep();
    CHECK(client.ReadUntil(": still here\n\n\r\n") == "e\r\n: still here\n\n\r\n");
  }
  served.library.stream_closed.WaitForNotification();
}

TEST_CASE("Bytes with a media type of their own come and go as they are", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  client.Send(
      "POST /v1/books/b1/note HTTP/1.1\r\nHost: h\r\nContent-Type: text/markdown\r\n"
      "Content-Length: 6\r\n\r\n# Note");
  const HttpResponse note = client.Read();
  CHECK(HeaderOf(note, "Content-Type") == "text/markdown");
  CHECK(note.body == "# Note");

  const HttpResponse exported = client.Call("GET", "/v1/books:export");
  CHECK(HeaderOf(exported, "Content-Type") == "text/csv");
  CHECK(exported.body == "id,title\r\nb1,\"Title\"\r\nb2,\"Title\"\r\n");
}

TEST_CASE("Pages carry the headers that protect them", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const HttpResponse page = client.Call("GET", "/");
  CHECK(page.status == 200);
  CHECK(HeaderOf(page, "Content-Security-Policy") ==
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
  CHECK(HeaderOf(page, "X-Content-Type-Options") == "nosniff");
  CHECK(HeaderOf(page, "Referrer-Policy") == "no-referrer");
  CHECK(HeaderOf(page, "Cache-Control") == "no-cache");
  CHECK(HeaderOf(page, "Access-Control-Allow-Origin").empty());
  const HttpResponse again =
      client.Call("GET", "/", "", absl::StrCat("If-None-Match: ", HeaderOf(page, "ETag"), "\r\n"));
  CHECK(again.status == 304);
  CHECK(client.Call("GET", "/openapi.json").status == 200);
}

TEST_CASE("A person who opens a mail's unsubscribe link gets a page, which changes nothing",
          "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  const HttpResponse page = client.Call("GET", "/v1/unsubscribe?message=msg_1&signature=x", "");
  CHECK(page.status == 200);
  CHECK(HeaderOf(page, "Content-Type") == "text/html; charset=utf-8");
  CHECK(Contains(page.body, "<form id=\"unsubscribe\" method=\"post\">"));
}

TEST_CASE("Health and metrics tell of the gateway", "[gateway]") {
  Served served;
  RawClient client(served.gateway->port());
  client.Call("GET", "/v1/books/b1");
  client.Call("GET", "/v1/nothing/like/this?secret=1");
  CHECK(client.Call("GET", "/healthz").body == R"({"status":"ok"})");
  const json ready = json::parse(client.Call("GET", "/readyz").body);
  CHECK(ready["status"] == "ready");
  CHECK(ready["services"][kPackage] == "READY");
  const std::string metrics = client.Call("GET", "/metrics").body;
  CHECK(Contains(metrics,
                 "portico_http_requests_total{route=\"GET /v1/books/{id}\",status=\"200\"} 1"));
  CHECK(Contains(metrics, "route=\"none\",status=\"404\"} 1"));
  CHECK_FALSE(Contains(metrics, "secret"));
}

TEST_CASE("A gateway that lacks a service's address does not start", "[gateway]") {
  rpc::Metrics metrics;
  GatewayOptions options;
  options.listen = "127.0.0.1:0";
  Gateway incomplete(options, metrics);
  const absl::Status started = incomplete.Start();
  CHECK(absl::IsInvalidArgument(started));
  CHECK(std::string(started.message()).find("no address is given for portico.") == 0);

  options.trusted_proxies = {"nonsense"};
  Gateway distrusting(options, metrics);
  CHECK(absl::IsInvalidArgument(distrusting.Start()));
}

TEST_CASE("A shutdown ends streams and closes what is idle", "[gateway]") {
  Served served;
  RawClient idle(served.gateway->port()), stream(served.gateway->port());
  idle.Call("GET", "/v1/books/b1");
  stream.Send("GET /v1/books/b1:watch?times=1&rest=true HTTP/1.1\r\nHost: h\r\n\r\n");
  stream.ReadUntil("{\"time\":1}\n\r\n");
  served.gateway->Shutdown(absl::InfiniteDuration());
  CHECK(idle.ReadRest().empty());
  CHECK(stream.ReadRest().empty());
  served.library.stream_closed.WaitForNotification();
  CHECK_THROWS(RawClient(served.gateway->port()));
}

}  // namespace portico::gateway
