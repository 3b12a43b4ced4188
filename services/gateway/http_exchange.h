#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico::gateway {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// A complete request, its body unpacked from chunks.
struct HttpRequest {
  std::string method;
  std::string path;     // From the first slash up to the query, still percent-encoded.
  std::string query;    // Behind the question mark.
  HttpHeaders headers;  // Names in lower case, trailers left out.
  std::string body;
  std::string peer_address;  // Of the connection, without the port.

  // The first value of a header, named in lower case; "" without one.
  std::string_view Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // Without those that frame the message; the server writes these.
  std::string body;
};

// One request waiting for its answer. Thread-safe. An exchange destroyed without
// an answer cuts its connection.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // Answers at once. Call once, or start a stream instead.
  virtual void Respond(HttpResponse response) = 0;

  // Answers piece by piece. `head` goes out with the first piece. While the stream
  // rests for HttpLimits::heartbeat, `heartbeat` is sent, unless it is empty.
  virtual void StartStream(HttpResponse head, std::string heartbeat) = 0;
  // `written` is called once, on another thread: the socket has taken the piece, or
  // the client is gone. Only then may the next piece be written.
  virtual void Write(std::string piece, std::function<void()> written) = 0;
  // Ends the stream after `last`, which may be empty. When nothing has gone out yet
  // and there is an `instead`, that is the whole answer.
  virtual void EndStream(std::string last, std::optional<HttpResponse> instead) = 0;

  // Has `gone` called, at most once, if the client leaves before the answer is
  // complete; at once if it has left already.
  virtual void OnClientGone(std::function<void()> gone) = 0;
};

// Answers requests.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Called on the server's threads, which it must not block.
  virtual void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) = 0;

  // The answer to what is no acceptable request; `why` is for people.
  virtual HttpResponse Refuse(int status, std::string_view why) = 0;
};

}  // namespace portico::gateway
