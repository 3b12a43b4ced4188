#include "libs/rpc/metrics_server.h"

#include <absl/strings/str_cat.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>
#include <utility>

#include "libs/rpc/metrics.h"

namespace portico::rpc {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

// A scraper that stalls holds the others up no longer than this.
constexpr timeval kPatience = {5, 0};

class BlockingMetricsServer final : public MetricsServer {
 public:
  BlockingMetricsServer(const Metrics& metrics, std::function<absl::Status()> ready)
      : metrics_(metrics), ready_(std::move(ready)), acceptor_(context_) {}

  ~BlockingMetricsServer() override {
    stopping_ = true;
    // Wakes the accept, which closing alone would not.
    shutdown(acceptor_.native_handle(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  void Listen(const std::string& host, const std::string& port) {
    tcp::resolver resolver(context_);
    const tcp::endpoint endpoint = *resolver.resolve(host, port).begin();
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    thread_ = std::thread([this] { Run(); });
  }

  int port() const override { return acceptor_.local_endpoint().port(); }

 private:
  void Run() {
    while (!stopping_) {
      boost::system::error_code error;
      tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (!error) Serve(socket);
    }
  }

  void Serve(tcp::socket& socket) {
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
    boost::system::error_code error;
    boost::beast::flat_buffer buffer(16 << 10);
    http::request_parser<http::empty_body> parser;
    http::read(socket, buffer, parser, error);
    if (error) return;
    const http::response<http::string_body> response = Answer(parser.get());
    http::write(socket, response, error);
    socket.shutdown(tcp::socket::shutdown_both, error);
  }

  http::response<http::string_body> Answer(const http::request<http::empty_body>& request) const {
    http::response<http::string_body> response(http::status::ok, 11);
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.keep_alive(false);
    if (request.method() != http::verb::get) {
      response.result(http::status::method_not_allowed);
    } else if (request.target() == "/metrics") {
      response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
      response.body() = metrics_.Text();
    } else if (request.target() == "/healthz") {
      response.body() = "ok\n";
    } else if (request.target() == "/readyz") {
      const absl::Status ready = ready_();
      if (!ready.ok()) response.result(http::status::service_unavailable);
      response.body() = ready.ok() ? "ok\n" : absl::StrCat(ready.message(), "\n");
    } else {
      response.result(http::status::not_found);
    }
    response.prepare_payload();
    return response;
  }

  const Metrics& metrics_;
  const std::function<absl::Status()> ready_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& listen, const Metrics& metrics, std::function<absl::Status()> ready) {
  const size_t colon = listen.rfind(':');
  try {
    auto server = std::make_unique<BlockingMetricsServer>(metrics, std::move(ready));
    server->Listen(listen.substr(0, colon), colon == std::string::npos ? "" : listen.substr(colon + 1));
    return server;
  } catch (const boost::system::system_error& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve metrics on ", listen, ": ", error.code().message()));
  }
}

}  // namespace portico::rpc
