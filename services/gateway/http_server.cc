#include "services/gateway/http_server.h"

#include <absl/base/thread_annotations.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "libs/auth/certificate_files.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "services/gateway/http_connection.h"
#include "services/gateway/http_head.h"

namespace portico::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kSweepInterval(1);
// After a failed accept, such as for want of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause(100);

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler& handler)
      : options_(std::move(options)), handler_(handler) {
    for (int i = 0; i < options_.threads; ++i) {
      lanes_.emplace_back(
          new HttpLane{.limits = options_.limits,
                       .clock = options_.clock != nullptr ? *options_.clock : SteadyClock(),
                       .handler = handler_,
                       .buffered_bytes = buffered_bytes_,
                       .on_closed = [this] { OnClosed(); }});
    }
    acceptor_.emplace(lanes_[0]->context);
    accept_pause_.emplace(lanes_[0]->context);
  }

  ~Impl() {
    Shutdown(absl::ZeroDuration());
    for (const auto& lane : lanes_) lane->context.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Start() {
    RETURN_IF_ERROR(LoadCertificate());
    RETURN_IF_ERROR(Listen());
    for (const auto& lane : lanes_) {
      threads_.emplace_back([this, &lane = *lane] { Run(lane); });
    }
    Accept();
    return absl::OkStatus();
  }

  int port() const { return port_; }

  void Sweep() {
    OnEveryLane([](HttpLane& lane) { SweepLane(lane); });
  }

  void Shutdown(absl::Duration drain) {
    if (threads_.empty()) return;
    OnEveryLane([this](HttpLane& lane) {
      if (&lane == lanes_[0].get()) {
        error_code ignored;
        acceptor_->close(ignored);
        accept_pause_->cancel();
      }
      lane.draining = true;
      ForEach(lane, [](HttpConnection& connection) { connection.Drain(); });
    });
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &Impl::AllClosed), drain);
    }
    OnEveryLane([](HttpLane& lane) {
      ForEach(lane, [](HttpConnection& connection) { connection.Close(); });
    });
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Impl::AllClosed));
  }

 private:
  absl::Status LoadCertificate() {
    if (options_.tls_cert.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(certificate_files_,
                     auth::CertificateFiles::Open(
                         {options_.tls_cert, options_.tls_key, ""},
                         [this](const auth::Certificates& current) { UseCertificate(current); }));
    absl::MutexLock lock(&mutex_);
    if (tls_ != nullptr) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("cannot use ", options_.tls_cert));
  }

  // Connections that stand keep the context that they began with.
  void UseCertificate(const auth::Certificates& current) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    error_code error;
    context->use_certificate_chain(asio::buffer(current.cert), error);
    if (!error) {
      context->use_private_key(asio::buffer(current.key), asio::ssl::context::pem, error);
    }
    if (error) {
      // Such as a key that is too short for today's OpenSSL.
      return log::Error("cannot use the certificate",
                        {{"file", options_.tls_cert}, {"cause", error.message()}});
    }
    absl::MutexLock lock(&mutex_);
    tls_ = std::move(context);
  }

  absl::Status Listen() {
    const size_t colon = options_.listen.rfind(':');
    std::string host = options_.listen.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    error_code error;
    const auto found = tcp::resolver(lanes_[0]->context)
                           .resolve(host, options_.listen.substr(colon + 1),
                                    tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (!error) {
      const tcp::endpoint endpoint = *found.begin();
      acceptor_->open(endpoint.protocol(), error);
      if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
      if (!error) acceptor_->bind(endpoint, error);
      if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
      if (!error) port_ = acceptor_->local_endpoint(error).port();
    }
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options_.listen, ": ", error.message()));
  }

  static void Run(HttpLane& lane) {
    const auto keep_running = asio::make_work_guard(lane.context);
    asio::steady_timer timer(lane.context);
    SweepOften(lane, timer);
    lane.context.run();
  }

  static void SweepOften(HttpLane& lane, asio::steady_timer& timer) {
    timer.expires_after(kSweepInterval);
    timer.async_wait([&lane, &timer](const error_code& error) {
      if (error) return;
      SweepLane(lane);
      SweepOften(lane, timer);
    });
  }

  static void SweepLane(HttpLane& lane) {
    const absl::Time now = lane.clock.Now();
    ForEach(lane, [now](HttpConnection& connection) { connection.Sweep(now); });
  }

  // `visit` may close the connection that it is given, and no other.
  template <class Visit>
  static void ForEach(HttpLane& lane, Visit visit) {
    for (auto next = lane.connections.begin(); next != lane.connections.end();) {
      const std::shared_ptr<HttpConnection> connection = *next++;
      visit(*connection);
    }
  }

  // Runs `work` on each lane's thread, and waits for all.
  void OnEveryLane(const std::function<void(HttpLane&)>& work) {
    std::vector<std::future<void>> done;
    for (const auto& lane : lanes_) {
      std::packaged_task<void()> task([&work, &lane = *lane] { work(lane); });
      done.push_back(task.get_future());
      asio::post(lane->context, std::move(task));
    }
    for (std::future<void>& each : done) each.wait();
  }

  void Accept() {
    HttpLane& lane = *lanes_[next_lane_++ % lanes_.size()];
    acceptor_->async_accept(lane.context,
                            [this, &lane](const error_code& error, tcp::socket socket) {
                              if (error == asio::error::operation_aborted || !acceptor_->is_open())
                                return;
                              if (error) return PauseAccepting(error);
                              accept_fails_ = false;
                              Admit(lane, std::move(socket));
                              Accept();
                            });
  }

  void PauseAccepting(const error_code& cause) {
    // Once: it is tried again ten times a second, and may go on for as long as others please.
    if (!accept_fails_) log::Warn("cannot accept connections", {{"cause", cause.message()}});
    accept_fails_ = true;
    accept_pause_->expires_after(kAcceptPause);
    accept_pause_->async_wait([this](const error_code& error) {
      if (!error) Accept();
    });
  }

  void Admit(HttpLane& lane, tcp::socket socket) {
    {
      absl::MutexLock lock(&mutex_);
      if (connections_ < options_.limits.max_connections) {
        ++connections_;
        asio::post(lane.context, [&lane, socket = std::move(socket), tls = tls_]() mutable {
          std::make_shared<HttpConnection>(lane, HttpSocket(std::move(socket), tls.get()))
              ->Start();
        });
        return;
      }
    }
    if (certificate_files_ != nullptr) return;  // Not worth a handshake.
    const HttpResponse response = handler_.Refuse(503, "too many connections");
    const std::string bytes =
        FormatHead(response, {.length = response.body.size(), .close = true}, absl::Now()) +
        response.body;
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(bytes), ignored);
  }

  void OnClosed() {
    absl::MutexLock lock(&mutex_);
    --connections_;
  }

  bool AllClosed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return connections_ == 0; }

  const HttpServerOptions options_;
  HttpHandler& handler_;
  std::atomic<size_t> buffered_bytes_ = 0;
  std::vector<std::unique_ptr<HttpLane>> lanes_;
  // Both on the first lane.
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> accept_pause_;
  bool accept_fails_ = false;  // Used on the first lane, which accepts.
  size_t next_lane_ = 0;
  int port_ = 0;
  std::vector<std::thread> threads_;
  absl::Mutex mutex_;
  size_t connections_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<asio::ssl::context> tls_ ABSL_GUARDED_BY(mutex_);  // Null for plain HTTP.
  std::unique_ptr<auth::CertificateFiles> certificate_files_;  // Last: it replaces the context.
};

HttpServer::HttpServer(HttpServerOptions options, HttpHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), handler)) {}
HttpServer::~HttpServer() = default;
absl::Status HttpServer::Start() { return impl_->Start(); }
int HttpServer::port() const { return impl_->port(); }
void HttpServer::Sweep() { impl_->Sweep(); }
void HttpServer::Shutdown(absl::Duration drain) { impl_->Shutdown(drain); }

}  // namespace portico::gateway
