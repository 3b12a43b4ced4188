#include "libs/rpc/metrics_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <iterator>

#include "libs/rpc/metrics.h"

namespace portico::rpc {
namespace {

using boost::asio::ip::tcp;

struct Client {
  explicit Client(int port) : socket(context) {
    socket.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(),
                                 static_cast<unsigned short>(port)));
  }

  std::string Get(const std::string& path) {
    boost::asio::write(socket, boost::asio::buffer("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
    boost::asio::streambuf answer;
    boost::system::error_code end;
    boost::asio::read(socket, answer, end);
    return {std::istreambuf_iterator<char>(&answer), {}};
  }

  boost::asio::io_context context;
  tcp::socket socket;
};

struct Started {
  std::unique_ptr<MetricsServer> Start(std::function<absl::Status()> ready) {
    auto started = MetricsServer::Start("127.0.0.1:0", metrics, std::move(ready));
    REQUIRE(started.ok());
    return *std::move(started);
  }
  Metrics metrics;
};

}  // namespace

TEST_CASE("Metrics and health are served over HTTP", "[rpc]") {
  Started started;
  started.metrics.Count("things_total", "Things", {{"kind", "good"}}, 3);
  started.metrics.Gauge("depth", "Depth", {}, [] { return 7.0; });
  absl::Status ready = absl::UnavailableError("no database");
  const auto server = started.Start([&] { return ready; });
  const std::string metrics = Client(server->port()).Get("/metrics");
  CHECK_THAT(metrics, Catch::StartsWith("HTTP/1.1 200") &&
                          Catch::Contains("things_total{kind=\"good\"} 3") &&
                          Catch::Contains("depth 7"));
  CHECK_THAT(Client(server->port()).Get("/healthz"), Catch::StartsWith("HTTP/1.1 200"));
  CHECK_THAT(Client(server->port()).Get("/readyz"),
             Catch::StartsWith("HTTP/1.1 503") && Catch::Contains("no database"));
  ready = absl::OkStatus();
  CHECK_THAT(Client(server->port()).Get("/readyz"), Catch::StartsWith("HTTP/1.1 200"));
  CHECK_THAT(Client(server->port()).Get("/secrets"), Catch::StartsWith("HTTP/1.1 404"));
}

TEST_CASE("A client that sends nothing holds up neither others nor the end", "[rpc]") {
  Started started;
  auto server = started.Start([] { return absl::OkStatus(); });
  const Client idle(server->port());
  CHECK_THAT(Client(server->port()).Get("/healthz"), Catch::StartsWith("HTTP/1.1 200"));
  server.reset();
}

}  // namespace portico::rpc
