#pragma once

#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>

#include "libs/rpc/metrics.h"
#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// The headers that keep browsers from doing harm with what they get; Cache-Control
// too, unless the response has one.
void AddSecurityHeaders(HttpResponse& response, bool https);

// What is known of a request when its answer is begun.
struct RequestFacts {
  std::string route;  // "GET /v1/contacts/{id}": few values, none of them from clients.
  std::string trace_id;
  bool https = false;
};

// The answer to one request: adds what every answer carries, measures it, and writes
// its line in the log. Thread-safe as the exchange is.
class Reply {
 public:
  Reply(std::shared_ptr<Exchange> exchange, RequestFacts facts, rpc::Metrics& metrics);
  // Cuts the connection when there was no answer.
  ~Reply() = default;

  const RequestFacts& facts() const { return facts_; }

  // As in Exchange.
  void Send(HttpResponse response);
  void StartStream(HttpResponse head, std::string heartbeat);
  void Write(std::string piece, std::function<void()> written);
  void OnClientGone(std::function<void()> gone);

  void EndStream();
  // `error` is the whole answer when nothing has gone out yet; else `last` is told.
  void FailStream(HttpResponse error, std::string last);
  // Cuts the connection, since the format of the stream has no place for errors.
  void CutStream(int status);

 private:
  void Record(int status);

  std::shared_ptr<Exchange> exchange_;
  const RequestFacts facts_;
  rpc::Metrics& metrics_;
  const absl::Time begin_;
};

}  // namespace portico::gateway
