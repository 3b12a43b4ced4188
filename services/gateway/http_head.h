#pragma once

#include <absl/time/time.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// How a response's end is told to the client.
struct Framing {
  std::optional<size_t> length;  // Of the body; without it the body is chunked,
  bool http_1_0 = false;         // or for such a client ends with the connection.
  bool close = false;            // The connection ends with this response.
};

// The status line and all headers, with the blank line behind them.
std::string FormatHead(const HttpResponse& response, const Framing& framing, absl::Time date);

// One chunk. An empty one would end the body, so it comes out as nothing.
std::string FormatChunk(std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Such as "Not Found".
std::string_view ReasonPhrase(int status);

}  // namespace portico::gateway
