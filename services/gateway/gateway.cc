#include "services/gateway/gateway.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/log/trace.h"
#include "libs/rpc/metrics.h"
#include "services/gateway/api_handler.h"
#include "services/gateway/embedded_files.h"
#include "services/gateway/error_answer.h"
#include "services/gateway/openapi.h"
#include "services/gateway/pages.h"

namespace portico::gateway {
namespace {

HttpResponse JsonAnswer(const nlohmann::ordered_json& json) {
  return {200, {{"Content-Type", "application/json"}}, json.dump()};
}

HttpResponse MethodNotAllowed(const std::string& allow) {
  HttpResponse response = ErrorAnswer(405, absl::StatusCode::kUnimplemented,
                                      absl::StrCat("this path takes only ", allow));
  response.headers.emplace_back("Allow", allow);
  return response;
}

}  // namespace

class Gateway::Impl final : public HttpHandler {
 public:
  Impl(GatewayOptions options, rpc::Metrics& metrics)
      : options_(std::move(options)), metrics_(metrics) {}

  ~Impl() override {
    if (server_.has_value()) server_->Shutdown(absl::ZeroDuration());
  }

  absl::Status Start() {
    const std::string own(ApiDescriptorFiles()[0].content);
    ASSIGN_OR_RETURN(api_, ApiDescriptors::Load(
                               options_.api_descriptors.empty() ? own : options_.api_descriptors));
    ASSIGN_OR_RETURN(router_, Router::Build(*api_));
    ASSIGN_OR_RETURN(origins_,
                     OriginReader::Make(options_.trusted_proxies, !options_.https_cert.empty()));
    server_.emplace(HttpServerOptions{.listen = options_.listen,
                                      .limits = options_.limits,
                                      .tls_cert = options_.https_cert,
                                      .tls_key = options_.https_key,
                                      .clock = options_.clock},
                    *this);
    client_.emplace(options_.services);
    for (const Route& route : router_->routes()) {
      const std::string& package = route.rpc->file()->package();
      if (!client_->Knows(package)) {
        return absl::InvalidArgumentError(absl::StrCat("no address is given for ", package));
      }
    }
    calls_.emplace(*api_, *client_, options_.call_timeout);
    AddPages();
    return server_->Start();
  }

  int port() const { return server_->port(); }
  void Sweep() { server_->Sweep(); }
  void Shutdown(absl::Duration drain) {
    if (!server_.has_value()) return;
    if (!shutting_down_.exchange(true)) absl::SleepFor(options_.drain_delay);
    server_->Shutdown(drain);
  }

  void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) override {
    const ClientOrigin origin = origins_->Read(request);
    RequestFacts facts;
    facts.https = origin.https;
    facts.trace_id = log::ParseTraceparent(request.Header("traceparent")).value_or("");
    if (facts.trace_id.empty()) facts.trace_id = log::NewTraceId();
    const auto reply_on = [&](std::string route) {
      facts.route = std::move(route);
      return std::make_shared<Reply>(std::move(exchange), std::move(facts), metrics_);
    };

    // The server leaves the body out of the answer to HEAD.
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    const bool has_page = pages_.Has(request.path);
    if (has_page && method == "GET") {
      return reply_on(absl::StrCat("GET ", request.path))->Send(pages_.Get(request));
    }
    const Router::Match match = router_->Find(method, request.path);
    if (has_page && match.route == nullptr) {
      return reply_on("none")->Send(MethodNotAllowed("GET, HEAD"));
    }
    const bool is_stream = match.route != nullptr && match.route->rpc->server_streaming();
    if (match.route == nullptr || (is_stream && request.method == "HEAD")) {
      const auto reply = reply_on("none");
      if (match.route == nullptr && match.allowed.empty()) {
        return reply->Send(ErrorAnswer(absl::NotFoundError("there is nothing at this path")));
      }
      return reply->Send(MethodNotAllowed(is_stream ? "GET" : absl::StrJoin(match.allowed, ", ")));
    }
    calls_->Handle(match, request, origin, reply_on(match.route->label));
  }

  HttpResponse Refuse(int status, std::string_view why) override {
    log::Info("refused", {{"status", status}, {"why", why}});
    metrics_.Count("portico_http_refusals_total", "Requests refused before they had a route.",
                   {{"status", absl::StrCat(status)}});
    absl::StatusCode code = absl::StatusCode::kInvalidArgument;
    if (status == 501) code = absl::StatusCode::kUnimplemented;
    if (status == 503) code = absl::StatusCode::kUnavailable;
    HttpResponse response = ErrorAnswer(status, code, why);
    AddSecurityHeaders(response, !options_.https_cert.empty());
    return response;
  }

 private:
  void AddPages() {
    pages_.AddPortal(PortalFiles());
    // What a program posts to, as a mail's head says, a person may open.
    pages_.AddSame("/v1/unsubscribe", "/unsubscribe");
    pages_.AddFixed("/openapi.json", "application/json", OpenApiDocument(*router_));
    pages_.Add("/healthz", [] { return JsonAnswer({{"status", "ok"}}); });
    // Ready whatever the services do: they come and go, and each call says so itself.
    pages_.Add("/readyz", [this] {
      nlohmann::ordered_json services = nlohmann::ordered_json::object();
      for (const auto& [package, state] : client_->ChannelStates()) services[package] = state;
      HttpResponse response = JsonAnswer({{"status", shutting_down_ ? "shutting down" : "ready"},
                                          {"services", std::move(services)}});
      if (shutting_down_) response.status = 503;
      return response;
    });
    pages_.Add("/metrics", [this]() -> HttpResponse {
      return {200, {{"Content-Type", "text/plain; version=0.0.4"}}, metrics_.Text()};
    });
  }

  const GatewayOptions options_;
  rpc::Metrics& metrics_;
  std::unique_ptr<ApiDescriptors> api_;
  std::optional<Router> router_;
  std::optional<OriginReader> origins_;
  Pages pages_;
  std::atomic<bool> shutting_down_ = false;
  // The client ends its calls, and with them their exchanges, before the server goes.
  std::optional<HttpServer> server_;
  std::optional<ApiHandler> calls_;
  std::optional<RpcClient> client_;
};

Gateway::Gateway(GatewayOptions options, rpc::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), metrics)) {}
Gateway::~Gateway() = default;
absl::Status Gateway::Start() { return impl_->Start(); }
int Gateway::port() const { return impl_->port(); }
void Gateway::Sweep() { impl_->Sweep(); }
void Gateway::Shutdown(absl::Duration drain) { impl_->Shutdown(drain); }

}  // namespace portico::gateway
