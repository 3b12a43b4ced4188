#include "libs/rpc/metrics_server.h"

#include <absl/strings/str_cat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "libs/rpc/metrics.h"

namespace portico::rpc {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Ready = std::function<absl::Status()>;

// For one request and its answer; who stalls longer is cut off.
constexpr std::chrono::seconds kPatience{5};

class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(tcp::socket socket, const Metrics& metrics, const Ready& ready)
      : stream_(std::move(socket)), metrics_(metrics), ready_(ready) {}

  void Start() {
    stream_.expires_after(kPatience);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](boost::system::error_code error, size_t) {
                       if (!error) self->Respond();
                     });
  }

 private:
  void Respond() {
    Fill();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](boost::system::error_code error, size_t) {
                        self->stream_.socket().shutdown(tcp::socket::shutdown_both, error);
                      });
  }

  void Fill() {
    response_.set(http::field::content_type, "text/plain; charset=utf-8");
    response_.keep_alive(false);
    const auto target = request_.target();
    if (request_.method() != http::verb::get) {
      response_.result(http::status::method_not_allowed);
    } else if (target == "/metrics") {
      response_.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
      response_.body() = metrics_.Text();
    } else if (target == "/healthz") {
      response_.body() = "ok\n";
    } else if (target == "/readyz") {
      const absl::Status ready = ready_();
      if (!ready.ok()) response_.result(http::status::service_unavailable);
      response_.body() = ready.ok() ? "ok\n" : absl::StrCat(ready.message(), "\n");
    } else {
      response_.result(http::status::not_found);
    }
    response_.prepare_payload();
  }

  boost::beast::tcp_stream stream_;
  const Metrics& metrics_;
  const Ready& ready_;
  boost::beast::flat_buffer buffer_{16 << 10};
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_{http::status::ok, 11};
};

class OneThreadServer final : public MetricsServer {
 public:
  OneThreadServer(const Metrics& metrics, Ready ready)
      : metrics_(metrics), ready_(std::move(ready)), acceptor_(context_) {}

  ~OneThreadServer() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void Listen(const std::string& host, const std::string& port) {
    tcp::resolver resolver(context_);
    const tcp::endpoint endpoint = *resolver.resolve(host, port).begin();
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    Accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  int port() const override { return acceptor_.local_endpoint().port(); }

 private:
  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!error) std::make_shared<Exchange>(std::move(socket), metrics_, ready_)->Start();
      Accept();
    });
  }

  const Metrics& metrics_;
  const Ready ready_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& listen, const Metrics& metrics, std::function<absl::Status()> ready) {
  const size_t colon = listen.rfind(':');
  try {
    auto server = std::make_unique<OneThreadServer>(metrics, std::move(ready));
    server->Listen(listen.substr(0, colon),
                   colon == std::string::npos ? "" : listen.substr(colon + 1));
    return server;
  } catch (const boost::system::system_error& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve metrics on ", listen, ": ", error.code().message()));
  }
}

}  // namespace portico::rpc
