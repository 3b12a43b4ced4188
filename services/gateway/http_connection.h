#pragma once

#include <absl/time/time.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "libs/base/clock.h"
#include "services/gateway/http_exchange.h"
#include "services/gateway/http_parser.h"
#include "services/gateway/http_server.h"
#include "services/gateway/http_socket.h"

namespace portico::gateway {

class HttpConnection;

// What the connections of one thread share; used on that thread only.
struct HttpLane {
  // Without the hint that one thread runs it: with that, what this thread posts could
  // be overtaken by what another posts later, and a stream's head by its pieces.
  boost::asio::io_context context;
  std::unordered_set<std::shared_ptr<HttpConnection>> connections;
  bool draining = false;
  const HttpLimits& limits;
  const Clock& clock;
  HttpHandler& handler;
  // Of requests, on all lanes.
  std::atomic<size_t>& buffered_bytes;
  // Called after a connection has closed.
  std::function<void()> on_closed;
};

// One client's connection: reads a request, has it handled, writes the answer,
// and so on. Lives on its lane's thread.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpLane& lane, HttpSocket socket);

  void Start();
  void Sweep(absl::Time now);
  // Closes it unless a request is in flight, which closes it when answered.
  void Drain();
  void Close();

  // The calls of Exchange, brought to the lane's thread.
  void Respond(HttpResponse response);
  void StartStream(HttpResponse head, std::string heartbeat);
  void Write(std::string piece, std::function<void()> written);
  void EndStream(std::string last, std::optional<HttpResponse> instead);
  void OnClientGone(std::function<void()> gone);

  boost::asio::io_context& context() { return lane_.context; }

 private:
  enum class Phase {
    kHandshake,
    kIdle,
    kHead,
    kBody,
    kHandling,
    kStreaming,
    kAnswering,
    kLingering
  };
  struct Outgoing {
    std::string bytes;
    std::function<void()> written;
    bool is_last = false;
  };

  void SetPhase(Phase phase, absl::Duration timeout);
  void ReadMore();
  void OnRead(const boost::system::error_code& error, size_t size);
  void ParseReceived();
  void SayContinue();
  void Dispatch();
  void Refuse(const HttpParser::Refusal& refusal);
  void Send(const HttpResponse& response);
  std::string Frame(const std::string& piece);
  void Enqueue(Outgoing outgoing);
  void WriteNext();
  void OnWritten(Outgoing& written, const boost::system::error_code& error);
  void OnAnswered();
  bool MustClose() const;
  void ReleaseBuffer();

  HttpLane& lane_;
  HttpSocket socket_;
  Phase phase_ = Phase::kIdle;
  absl::Time deadline_ = absl::InfiniteFuture();
  bool closed_ = false;

  std::array<char, 8192> read_buffer_;
  bool reading_ = false;
  bool read_to_end_ = false;  // The client sends nothing more.
  std::string received_;      // Not parsed yet.
  std::optional<HttpParser> parser_;
  size_t buffered_ = 0;  // The part of the lane's count that is this request's.

  // Of the request being answered.
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool is_head_ = false;
  std::function<void()> client_gone_;
  std::optional<HttpResponse> stream_head_;  // Until it is sent.
  std::string heartbeat_;
  absl::Time heartbeat_due_;

  std::deque<Outgoing> outgoing_;  // The front is being written.
};

}  // namespace portico::gateway
