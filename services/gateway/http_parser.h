#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// Parses one HTTP/1 request from the bytes of a connection. Stricter than the
// RFC 9112 demands where leniency would let two parsers see two requests: a
// Content-Length beside a Transfer-Encoding, a repeated one, any coding but
// "chunked", and no or more than one Host are refused.
class HttpParser {
 public:
  struct Refusal {
    int status;
    std::string why;
  };

  HttpParser(size_t max_header_bytes, size_t max_body_bytes);
  ~HttpParser();

  // Reads on from `input`, which is all that was received and not used by former
  // calls, and answers how many bytes of it are used. Needs more when it is
  // neither complete() nor refused() then.
  size_t Parse(std::string_view input);

  bool head_complete() const;
  bool complete() const;
  // Why the request cannot be served; nothing can be read behind it.
  const std::optional<Refusal>& refusal() const;

  // The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  // After the head:
  bool is_http_1_0() const;
  bool keep_alive() const;

  // The request, once it is complete.
  HttpRequest Take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico::gateway
