#include "services/gateway/http_head.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <boost/beast/http/status.hpp>

namespace portico::gateway {

std::string_view ReasonPhrase(int status) {
  if (status == 499) return "Client Closed Request";
  const auto phrase = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {phrase.data(), phrase.size()};
}

std::string FormatHead(const HttpResponse& response, const Framing& framing, absl::Time date) {
  const std::string_view reason = ReasonPhrase(response.status);
  std::string head = absl::StrCat("HTTP/1.1 ", response.status, " ",
                                  absl::string_view(reason.data(), reason.size()), "\r\n");
  absl::StrAppend(&head, "Date: ",
                  absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", date, absl::UTCTimeZone()), "\r\n");
  for (const auto& [name, value] : response.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  if (framing.length.has_value()) {
    // These never have a body, and no length either.
    if (response.status != 204 && response.status != 304) {
      absl::StrAppend(&head, "Content-Length: ", *framing.length, "\r\n");
    }
  } else if (!framing.http_1_0) {
    absl::StrAppend(&head, "Transfer-Encoding: chunked\r\n");
  }
  if (framing.close) {
    absl::StrAppend(&head, "Connection: close\r\n");
  } else if (framing.http_1_0) {
    absl::StrAppend(&head, "Connection: keep-alive\r\n");
  }
  return absl::StrCat(head, "\r\n");
}

std::string FormatChunk(std::string_view piece) {
  if (piece.empty()) return "";
  return absl::StrCat(absl::Hex(piece.size()), "\r\n",
                      absl::string_view(piece.data(), piece.size()), "\r\n");
}

}  // namespace portico::gateway
