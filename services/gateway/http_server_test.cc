#include "services/gateway/http_server.h"

#include <absl/base/thread_annotations.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>

#include <catch2/catch.hpp>
#include <future>

#include "libs/testing/fake_clock.h"
#include "services/gateway/raw_client.h"

namespace portico::gateway {
namespace {

// Answers "METHOD path body" at once, and keeps the exchanges of "/wait" for the test.
class Handler final : public HttpHandler {
 public:
  void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) override {
    if (request.path == "/wait") {
      absl::MutexLock lock(&mutex_);
      waiting_.push_back(std::move(exchange));
    } else if (request.path == "/large") {
      exchange->Respond({200, {}, std::string(32 << 20, 'x')});
    } else if (request.path != "/drop") {
      exchange->Respond(
          {200, {}, absl::StrCat(request.method, " ", request.path, " ", request.body)});
    }
  }

  HttpResponse Refuse(int status, std::string_view why) override {
    return {status, {}, std::string(why)};
  }

  std::shared_ptr<Exchange> NextWaiting() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](std::vector<std::shared_ptr<Exchange>>* waiting) { return !waiting->empty(); },
        &waiting_));
    auto exchange = std::move(waiting_.back());
    waiting_.pop_back();
    return exchange;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<Exchange>> waiting_ ABSL_GUARDED_BY(mutex_);
};

struct Served {
  explicit Served(HttpLimits limits = {}, int threads = 2)
      : server({.listen = "127.0.0.1:0", .limits = limits, .threads = threads, .clock = &clock},
               handler) {
    REQUIRE(server.Start().ok());
  }

  // Returns once the server has done with what it has begun: the first sweep comes
  // after the steps under way, the second after those that these have led to.
  void Settle() {
    server.Sweep();
    server.Sweep();
  }

  void Pass(absl::Duration time) {
    Settle();
    clock.Advance(time);
    server.Sweep();
  }

  testing::FakeClock clock{absl::UnixEpoch()};
  Handler handler;
  HttpServer server;
};

constexpr char kGet[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr char kWait[] = "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("A connection serves one request after another", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  CHECK(client.Call("GET", "/a").body == "GET /a ");
  CHECK(client.Call("POST", "/b", "{}").body == "POST /b {}");
  const HttpResponse head = client.Call("HEAD", "/c");
  CHECK(HeaderOf(head, "Content-Length") == "8");
  CHECK(client.Call("GET", "/d").body == "GET /d ");
}

TEST_CASE("Pipelined requests are answered in their order", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    absl::StrAppend(&requests, "POST /", i, " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  }
  client.Send(requests);
  for (int i = 0; i < 200; ++i) CHECK(client.Read().body == absl::StrCat("POST /", i, " abc"));
}

TEST_CASE("A request that is not acceptable is answered, and ends the connection", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  // More behind it than the server reads: the answer must not be lost to a reset.
  client.Send(absl::StrCat("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n",
                           std::string(5000000, 'x')));
  const HttpResponse response = client.Read();
  CHECK(response.status == 413);
  CHECK(HeaderOf(response, "Connection") == "close");
  CHECK(client.ReadRest().empty());
}

TEST_CASE("Framing that never ends is refused like any other excess", "[gateway]") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& endless : {"5;" + std::string(5000000, 'a'),
                                     "0\r\nX: " + std::string(5000000, 'a')}) {
    Served served;
    RawClient client(served.server.port());
    client.Send(head + endless);
    CHECK(client.Read().status >= 400);
    CHECK(client.ReadRest().empty());
  }
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the answer", "[gateway]") {
  Served served;
  RawClient old(served.server.port());
  old.Send("GET /a HTTP/1.0\r\n\r\n");
  CHECK(old.Read().body == "GET /a ");
  CHECK(old.ReadRest().empty());
  RawClient closing(served.server.port());
  CHECK(HeaderOf(closing.Call("GET", "/a", "", "Connection: close\r\n"), "Connection") == "close");
  CHECK(closing.ReadRest().empty());
  RawClient keeping(served.server.port());
  keeping.Send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(HeaderOf(keeping.Read(), "Connection") == "keep-alive");
  CHECK(keeping.Call("GET", "/b").body == "GET /b ");
}

TEST_CASE("A client that has finished sending still gets its answer", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(kWait);
  client.FinishSending();
  served.handler.NextWaiting()->Respond({200, {}, "late"});
  CHECK(client.Read().body == "late");
  CHECK(client.ReadRest().empty());
}

TEST_CASE("A client that waits for 100 Continue is told to go on", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.ReadHead().status == 100);
  client.Send("{}");
  CHECK(client.Read().body == "POST /a {}");
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.Read().status == 413);
}

TEST_CASE("An exchange dropped without an answer cuts its connection", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send("GET /drop HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.ReadRest().empty());
}

TEST_CASE("The sweep closes a connection that is idle for too long, and no earlier", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Call("GET", "/a");
  served.Pass(absl::Seconds(59));
  CHECK(client.Call("GET", "/b").status == 200);
  served.Pass(absl::Seconds(60));
  CHECK(client.ReadRest().empty());
}

TEST_CASE("The sweep closes a connection whose header takes too long", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  // The answer to the first tells that the server has all of the second there is.
  client.Send(absl::StrCat(kGet, "GET /b HTTP/1.1\r\nHo"));
  client.Read();
  served.Pass(absl::Seconds(9));
  served.Pass(absl::Seconds(1));
  CHECK(client.ReadRest().empty());
}

TEST_CASE("The sweep closes a connection whose body takes too long", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(absl::StrCat(kGet, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\npart"));
  client.Read();
  served.Pass(absl::Seconds(29));
  client.Send(" more");
  CHECK(client.Read().body == "POST /b part more");
  client.Send(absl::StrCat(kGet, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\npart"));
  client.Read();
  served.Pass(absl::Seconds(30));
  CHECK(client.ReadRest().empty());
}

TEST_CASE("The sweep cuts off a client that does not take its answer", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ReadHead();
  served.Pass(absl::Seconds(61));
  CHECK(client.ReadRest().size() < (32 << 20));
}

TEST_CASE("A request in flight has no deadline of the server's", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(kWait);
  const auto exchange = served.handler.NextWaiting();
  served.Pass(absl::Hours(1));
  exchange->Respond({200, {}, "at last"});
  CHECK(client.Read().body == "at last");
}

TEST_CASE("Connections beyond the limit are told so", "[gateway]") {
  Served served({.max_connections = 2});
  RawClient first(served.server.port()), second(served.server.port());
  first.Call("GET", "/a");
  second.Call("GET", "/a");
  CHECK(RawClient(served.server.port()).Read().status == 503);
  CHECK(first.Call("GET", "/b").status == 200);
}

TEST_CASE("Requests that together are too large are told so", "[gateway]") {
  Served served({.max_buffered_bytes = 1500});
  const std::string body(1000, 'x');
  const auto request = [&](std::string_view path) {
    return absl::StrCat("POST ", absl::string_view(path.data(), path.size()),
                        " HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n", body);
  };
  RawClient first(served.server.port());
  first.Send(request("/wait"));
  const auto exchange = served.handler.NextWaiting();
  RawClient second(served.server.port());
  second.Send(request("/a"));
  CHECK(second.Read().status == 503);
  second.ReadRest();

  exchange->Respond({200, {}, "done"});
  first.Read();
  served.Settle();
  first.Send(request("/a"));
  CHECK(first.Read().status == 200);
}

TEST_CASE("A stream goes out piece by piece, in chunks", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(kWait);
  const auto exchange = served.handler.NextWaiting();
  exchange->StartStream({200, {{"Content-Type", "text/plain"}}, ""}, "");
  absl::Notification written;
  exchange->Write("one,", [&] { written.Notify(); });
  written.WaitForNotification();
  const HttpResponse head = client.ReadHead();
  CHECK(HeaderOf(head, "Transfer-Encoding") == "chunked");
  CHECK(client.ReadUntil("one,\r\n") == "4\r\none,\r\n");
  exchange->EndStream("two", std::nullopt);
  CHECK(client.ReadUntil("0\r\n\r\n") == "3\r\ntwo\r\n0\r\n\r\n");
  CHECK(client.Call("GET", "/a").status == 200);
}

TEST_CASE("An HTTP/1.0 client gets a stream without chunks", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send("GET /wait HTTP/1.0\r\n\r\n");
  const auto exchange = served.handler.NextWaiting();
  exchange->StartStream({}, "");
  exchange->EndStream("all", std::nullopt);
  CHECK(HeaderOf(client.ReadHead(), "Transfer-Encoding").empty());
  CHECK(client.ReadRest() == "all");
}

TEST_CASE("A stream that fails before its first piece is an ordinary error", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(kWait);
  const auto exchange = served.handler.NextWaiting();
  exchange->StartStream({}, "");
  exchange->EndStream("lost", HttpResponse{404, {}, "none"});
  const HttpResponse response = client.Read();
  CHECK(response.status == 404);
  CHECK(response.body == "none");
}

TEST_CASE("A resting stream sends heartbeats", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(kWait);
  const auto exchange = served.handler.NextWaiting();
  exchange->StartStream({}, ":\n");
  served.Pass(absl::Seconds(15));
  // The first also brings the head: the client learns that it is connected.
  CHECK(client.ReadHead().status == 200);
  CHECK(client.ReadUntil(":\n\r\n") == "2\r\n:\n\r\n");
  served.Pass(absl::Seconds(14));
  exchange->EndStream("", std::nullopt);
  CHECK(client.ReadUntil("0\r\n\r\n") == "0\r\n\r\n");
}

TEST_CASE("A client that leaves a stream is noticed, and its pieces count as taken", "[gateway]") {
  Served served;
  auto client = std::make_unique<RawClient>(served.server.port());
  client->Send(kWait);
  const auto exchange = served.handler.NextWaiting();
  absl::Notification gone, gone_again, written;
  exchange->OnClientGone([&] { gone.Notify(); });
  exchange->StartStream({}, "");
  served.Settle();
  client.reset();
  gone.WaitForNotification();
  exchange->Write("nobody reads this", [&] { written.Notify(); });
  written.WaitForNotification();
  exchange->OnClientGone([&] { gone_again.Notify(); });
  gone_again.WaitForNotification();
  exchange->EndStream("", std::nullopt);
}

TEST_CASE("Shutdown closes idle connections and lets requests in flight finish", "[gateway]") {
  // On one thread: when it has closed the idle connection, it knows of the shutdown.
  Served served({}, 1);
  RawClient idle(served.server.port()), busy(served.server.port()), stream(served.server.port());
  idle.Call("GET", "/a");
  busy.Send(kWait);
  auto waiting = served.handler.NextWaiting();
  stream.Send(kWait);
  const auto streaming = served.handler.NextWaiting();
  absl::Notification cut;
  streaming->OnClientGone([&] { cut.Notify(); });
  streaming->StartStream({}, "");
  served.Settle();

  auto shutdown =
      std::async(std::launch::async, [&] { served.server.Shutdown(absl::InfiniteDuration()); });
  CHECK(idle.ReadRest().empty());
  cut.WaitForNotification();
  CHECK(stream.ReadRest().empty());
  CHECK_THROWS(RawClient(served.server.port()));

  waiting->Respond({200, {}, "finished"});
  const HttpResponse response = busy.Read();
  CHECK(response.body == "finished");
  CHECK(HeaderOf(response, "Connection") == "close");
  CHECK(busy.ReadRest().empty());
  shutdown.wait();
  streaming->EndStream("", std::nullopt);
  waiting.reset();
}

TEST_CASE("Shutdown cuts what outlasts the drain time", "[gateway]") {
  Served served;
  RawClient client(served.server.port());
  client.Send(kWait);
  const auto exchange = served.handler.NextWaiting();
  served.server.Shutdown(absl::ZeroDuration());
  CHECK(client.ReadRest().empty());
  exchange->Respond({});
}

TEST_CASE("An address that cannot be had is an error", "[gateway]") {
  Served served;
  Handler handler;
  HttpServer second({.listen = absl::StrCat("127.0.0.1:", served.server.port())}, handler);
  CHECK(absl::IsUnavailable(second.Start()));
  HttpServer unknown({.listen = "no.such.host.invalid:80"}, handler);
  CHECK(absl::IsUnavailable(unknown.Start()));
  HttpServer keyless({.listen = "127.0.0.1:0", .tls_cert = "/nowhere", .tls_key = "/nowhere"},
                     handler);
  CHECK(absl::IsUnavailable(keyless.Start()));
}

}  // namespace portico::gateway
