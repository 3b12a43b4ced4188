#include "services/gateway/reply.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "libs/log/log.h"
#include "libs/log/trace.h"

namespace portico::gateway {

void AddSecurityHeaders(HttpResponse& response, bool https) {
  HttpHeaders& headers = response.headers;
  headers.emplace_back("Content-Security-Policy",
                       "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
                       "form-action 'self'");
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  if (https) headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
  const bool has_cache_control =
      std::any_of(headers.begin(), headers.end(),
                  [](const auto& header) { return header.first == "Cache-Control"; });
  if (!has_cache_control) headers.emplace_back("Cache-Control", "no-store");
}

Reply::Reply(std::shared_ptr<Exchange> exchange, RequestFacts facts, rpc::Metrics& metrics)
    : exchange_(std::move(exchange)),
      facts_(std::move(facts)),
      metrics_(metrics),
      begin_(SteadyClock().Now()) {}

void Reply::Send(HttpResponse response) {
  Record(response.status);
  AddSecurityHeaders(response, facts_.https);
  exchange_->Respond(std::move(response));
}

void Reply::StartStream(HttpResponse head, std::string heartbeat) {
  AddSecurityHeaders(head, facts_.https);
  exchange_->StartStream(std::move(head), std::move(heartbeat));
}

void Reply::Write(std::string piece, std::function<void()> written) {
  exchange_->Write(std::move(piece), std::move(written));
}

void Reply::OnClientGone(std::function<void()> gone) { exchange_->OnClientGone(std::move(gone)); }

void Reply::EndStream() {
  Record(200);
  exchange_->EndStream("", std::nullopt);
}

void Reply::FailStream(HttpResponse error, std::string last) {
  Record(error.status);
  AddSecurityHeaders(error, facts_.https);
  exchange_->EndStream(std::move(last), std::move(error));
}

void Reply::CutStream(int status) {
  Record(status);
  exchange_.reset();
}

void Reply::Record(int status) {
  const absl::Duration duration = SteadyClock().Now() - begin_;
  const log::TraceScope trace(facts_.trace_id);
  log::Info("request", {{"route", facts_.route},
                        {"status", status},
                        {"duration_ms", absl::ToDoubleMilliseconds(duration)}});
  const rpc::Metrics::Labels labels = {{"route", facts_.route}, {"status", absl::StrCat(status)}};
  metrics_.Count("portico_http_requests_total", "HTTP requests answered.", labels);
  metrics_.Count("portico_http_seconds_total", "Time taken to answer HTTP requests.", labels,
                 absl::ToDoubleSeconds(duration));
}

}  // namespace portico::gateway
