#include "services/gateway/http_connection.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "services/gateway/http_head.h"

namespace portico::gateway {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How long a client has to close its side once it has been told that ours is closed.
// Closing at once, with unread bytes of the client's around, would destroy the answer.
constexpr absl::Duration kLinger = absl::Seconds(5);

// Brings calls from any thread to the connection's.
class ConnectionExchange final : public Exchange {
 public:
  explicit ConnectionExchange(std::shared_ptr<HttpConnection> connection)
      : connection_(std::move(connection)) {}

  ~ConnectionExchange() override {
    if (!answered_) Post([](HttpConnection& connection) { connection.Close(); });
  }

  void Respond(HttpResponse response) override {
    answered_ = true;
    Post([response = std::move(response)](HttpConnection& connection) mutable {
      connection.Respond(std::move(response));
    });
  }

  void StartStream(HttpResponse head, std::string heartbeat) override {
    Post([head = std::move(head),
          heartbeat = std::move(heartbeat)](HttpConnection& connection) mutable {
      connection.StartStream(std::move(head), std::move(heartbeat));
    });
  }

  void Write(std::string piece, std::function<void()> written) override {
    Post([piece = std::move(piece),
          written = std::move(written)](HttpConnection& connection) mutable {
      connection.Write(std::move(piece), std::move(written));
    });
  }

  void EndStream(std::string last, std::optional<HttpResponse> instead) override {
    answered_ = true;
    Post(
        [last = std::move(last), instead = std::move(instead)](HttpConnection& connection) mutable {
          connection.EndStream(std::move(last), std::move(instead));
        });
  }

  void OnClientGone(std::function<void()> gone) override {
    Post([gone = std::move(gone)](HttpConnection& connection) mutable {
      connection.OnClientGone(std::move(gone));
    });
  }

 private:
  // Never runs `call` at once: a caller may hold what the connection calls back into.
  template <class Call>
  void Post(Call call) {
    asio::post(connection_->context(),
               [connection = connection_, call = std::move(call)]() mutable { call(*connection); });
  }

  const std::shared_ptr<HttpConnection> connection_;
  bool answered_ = false;
};

}  // namespace

HttpConnection::HttpConnection(HttpLane& lane, HttpSocket socket)
    : lane_(lane), socket_(std::move(socket)) {}

void HttpConnection::Start() {
  lane_.connections.insert(shared_from_this());
  error_code ignored;
  socket_.tcp().set_option(asio::ip::tcp::no_delay(true), ignored);
  // Finds out about clients that vanished in the middle of a stream.
  socket_.tcp().set_option(asio::socket_base::keep_alive(true), ignored);
  if (lane_.draining) return Close();
  if (!socket_.is_tls()) {
    SetPhase(Phase::kIdle, lane_.limits.idle_timeout);
    return ReadMore();
  }
  SetPhase(Phase::kHandshake, lane_.limits.header_timeout);
  socket_.Handshake([self = shared_from_this()](const error_code& error) {
    if (self->closed_) return;
    if (error) return self->Close();
    self->SetPhase(Phase::kIdle, self->lane_.limits.idle_timeout);
    self->ReadMore();
  });
}

void HttpConnection::SetPhase(Phase phase, absl::Duration timeout) {
  phase_ = phase;
  deadline_ =
      timeout == absl::InfiniteDuration() ? absl::InfiniteFuture() : lane_.clock.Now() + timeout;
}

// Also called while a request is handled, to learn that its client has gone.
void HttpConnection::ReadMore() {
  if (reading_ || read_to_end_ || closed_) return;
  reading_ = true;
  socket_.ReadSome(asio::buffer(read_buffer_),
                   [self = shared_from_this()](const error_code& error, size_t size) {
                     self->OnRead(error, size);
                   });
}

void HttpConnection::OnRead(const error_code& error, size_t size) {
  reading_ = false;
  if (closed_) return;
  if (error) {
    // Who has sent a whole request may close that direction and still wait for the answer.
    read_to_end_ = error == asio::error::eof;
    if (read_to_end_ && (phase_ == Phase::kHandling || phase_ == Phase::kAnswering)) return;
    return Close();
  }
  if (phase_ == Phase::kLingering) return ReadMore();
  received_.append(read_buffer_.data(), size);
  // The next request waits; nothing more is read until this one is answered.
  if (phase_ == Phase::kIdle || phase_ == Phase::kHead || phase_ == Phase::kBody) ParseReceived();
}

void HttpConnection::ParseReceived() {
  if (received_.empty()) {
    return ReadMore();
  }
  if (!parser_.has_value()) {
    parser_.emplace(lane_.limits.max_header_bytes, lane_.limits.max_body_bytes);
    SetPhase(Phase::kHead, lane_.limits.header_timeout);
  }
  const size_t used = parser_->Parse(received_);
  received_.erase(0, used);
  buffered_ += used;
  if ((lane_.buffered_bytes += used) > lane_.limits.max_buffered_bytes) {
    return Refuse({503, "too many large requests at once"});
  }
  if (parser_->refusal()) return Refuse(*parser_->refusal());
  if (parser_->complete()) return Dispatch();
  // The parser bounds header and body, but neither a chunk's line nor what chunks and
  // trailers add to the body.
  const HttpLimits& limits = lane_.limits;
  if (received_.size() > 2 * limits.max_header_bytes ||
      buffered_ > limits.max_header_bytes + 4 * limits.max_body_bytes) {
    return Refuse({400, "the framing of the body is larger than this server takes"});
  }
  if (parser_->head_complete() && phase_ == Phase::kHead) {
    SetPhase(Phase::kBody, lane_.limits.body_timeout);
    if (parser_->expects_continue() && received_.empty()) return SayContinue();
  }
  ReadMore();
}

void HttpConnection::SayContinue() {
  static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  socket_.Write(kContinue, [self = shared_from_this()](const error_code& error, size_t) {
    if (error) return self->Close();
    self->ReadMore();
  });
}

void HttpConnection::Dispatch() {
  http_1_0_ = parser_->is_http_1_0();
  keep_alive_ = parser_->keep_alive();
  HttpRequest request = parser_->Take();
  parser_.reset();
  is_head_ = request.method == "HEAD";
  error_code ignored;
  request.peer_address = socket_.tcp().remote_endpoint(ignored).address().to_string();
  SetPhase(Phase::kHandling, absl::InfiniteDuration());
  if (received_.empty()) ReadMore();
  lane_.handler.Handle(std::move(request),
                       std::make_shared<ConnectionExchange>(shared_from_this()));
}

void HttpConnection::Refuse(const HttpParser::Refusal& refusal) {
  keep_alive_ = false;
  http_1_0_ = false;
  is_head_ = false;
  Send(lane_.handler.Refuse(refusal.status, refusal.why));
}

bool HttpConnection::MustClose() const { return !keep_alive_ || read_to_end_ || lane_.draining; }

void HttpConnection::ReleaseBuffer() { lane_.buffered_bytes -= std::exchange(buffered_, 0); }

void HttpConnection::Respond(HttpResponse response) {
  if (!closed_) Send(response);
}

void HttpConnection::Send(const HttpResponse& response) {
  SetPhase(Phase::kAnswering, lane_.limits.write_timeout);
  if (MustClose()) keep_alive_ = false;
  std::string bytes = FormatHead(
      response, {.length = response.body.size(), .http_1_0 = http_1_0_, .close = !keep_alive_},
      absl::Now());
  if (!is_head_) bytes += response.body;
  Enqueue({.bytes = std::move(bytes), .written = nullptr, .is_last = true});
}

void HttpConnection::StartStream(HttpResponse head, std::string heartbeat) {
  if (closed_) return;
  if (read_to_end_) return Close();
  SetPhase(Phase::kStreaming, absl::InfiniteDuration());
  stream_head_ = std::move(head);
  heartbeat_ = std::move(heartbeat);
  heartbeat_due_ = lane_.clock.Now() + lane_.limits.heartbeat;
}

void HttpConnection::Write(std::string piece, std::function<void()> written) {
  if (closed_) return written();
  Enqueue({.bytes = Frame(piece), .written = std::move(written)});
}

void HttpConnection::EndStream(std::string last, std::optional<HttpResponse> instead) {
  if (closed_) return;
  if (stream_head_.has_value() && instead.has_value()) {
    stream_head_.reset();
    return Send(*instead);
  }
  std::string bytes = Frame(last);
  if (!http_1_0_) bytes += kLastChunk;
  Enqueue({.bytes = std::move(bytes), .written = nullptr, .is_last = true});
}

// The piece as it goes out, behind the head when it is the first.
std::string HttpConnection::Frame(const std::string& piece) {
  std::string bytes;
  if (stream_head_.has_value()) {
    if (MustClose() || http_1_0_) keep_alive_ = false;
    bytes = FormatHead(*stream_head_,
                       {.length = std::nullopt, .http_1_0 = http_1_0_, .close = !keep_alive_},
                       absl::Now());
    stream_head_.reset();
  }
  return bytes + (http_1_0_ ? piece : FormatChunk(piece));
}

void HttpConnection::OnClientGone(std::function<void()> gone) {
  if (closed_) return gone();
  if (phase_ == Phase::kHandling || phase_ == Phase::kStreaming) client_gone_ = std::move(gone);
}

void HttpConnection::Enqueue(Outgoing outgoing) {
  outgoing_.push_back(std::move(outgoing));
  if (outgoing_.size() == 1) WriteNext();
}

void HttpConnection::WriteNext() {
  deadline_ = lane_.clock.Now() + lane_.limits.write_timeout;
  // The deque keeps its elements in place.
  Outgoing& next = outgoing_.front();
  socket_.Write(next.bytes, [self = shared_from_this(), &next](const error_code& error, size_t) {
    self->OnWritten(next, error);
  });
}

void HttpConnection::OnWritten(Outgoing& front, const error_code& error) {
  if (closed_) return;
  if (error) return Close();
  const Outgoing written = std::move(front);
  outgoing_.pop_front();
  if (written.is_last) return OnAnswered();
  deadline_ = absl::InfiniteFuture();
  heartbeat_due_ = lane_.clock.Now() + lane_.limits.heartbeat;
  if (written.written) written.written();
  if (!outgoing_.empty()) WriteNext();
}

void HttpConnection::OnAnswered() {
  client_gone_ = nullptr;
  ReleaseBuffer();
  if (keep_alive_ && !MustClose()) {
    SetPhase(Phase::kIdle, lane_.limits.idle_timeout);
    return ParseReceived();
  }
  if (read_to_end_ || lane_.draining) return Close();
  SetPhase(Phase::kLingering, kLinger);
  socket_.FinishWriting([self = shared_from_this()] { self->ReadMore(); });
}

void HttpConnection::Sweep(absl::Time now) {
  if (now >= deadline_) return Close();
  if (phase_ == Phase::kStreaming && outgoing_.empty() && !heartbeat_.empty() &&
      now >= heartbeat_due_) {
    Enqueue({.bytes = Frame(heartbeat_), .written = nullptr});
  }
}

void HttpConnection::Drain() {
  const bool in_flight = phase_ == Phase::kHead || phase_ == Phase::kBody ||
                         phase_ == Phase::kHandling || phase_ == Phase::kAnswering;
  if (!in_flight) Close();
}

void HttpConnection::Close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  socket_.Close();
  ReleaseBuffer();
  for (const Outgoing& outgoing : outgoing_) {
    if (outgoing.written) outgoing.written();
  }
  if (client_gone_) std::exchange(client_gone_, nullptr)();
  lane_.connections.erase(self);
  lane_.on_closed();
}

}  // namespace portico::gateway
