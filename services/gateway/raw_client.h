#pragma once

#include <string>
#include <string_view>

#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// An HTTP client for tests that sends exactly the bytes that it is given. Throws when
// the server leaves it waiting for 20 seconds.
class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);
  // The client sends nothing more, but reads on.
  void FinishSending();

  // The next response, its chunks put together. Interim ones come out like others.
  HttpResponse Read(bool to_head = false);
  // The head of the next response; the body is left for ReadUntil.
  HttpResponse ReadHead();
  // All bytes up to and with `end`.
  std::string ReadUntil(std::string_view end);
  // All bytes up to the end of the connection.
  std::string ReadRest();

  // One request after another on one connection.
  HttpResponse Call(std::string_view method, std::string_view target, std::string_view body = "",
                    std::string_view headers = "");

 private:
  bool Receive();  // False at the end.
  std::string Take(size_t size);

  const int socket_;
  std::string received_;
};

// The first value of a header of a response; "" without one.
std::string HeaderOf(const HttpResponse& response, std::string_view name);

}  // namespace portico::gateway
