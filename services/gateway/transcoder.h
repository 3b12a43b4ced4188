#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "services/gateway/http_exchange.h"
#include "services/gateway/json_codec.h"
#include "services/gateway/router.h"

namespace portico::gateway {

// Turns HTTP requests into the request messages of RPCs, and their response messages into
// what HTTP clients get, by the rules of google.api.http. Thread-safe.
class Transcoder {
 public:
  explicit Transcoder(const ApiDescriptors& api) : codec_(api.pool()) {}

  // The request message, serialized, of the body, the query and the path's values. Where the RPC
  // takes no body, that of a form is passed over: one-click unsubscribing posts one (RFC 8058).
  // INVALID_ARGUMENT names the field or parameter that is wrong.
  absl::StatusOr<std::string> Request(const Route& route,
                                      const std::vector<std::string>& path_values,
                                      const HttpRequest& request) const;

  struct Content {
    std::string type;  // A media type.
    std::string bytes;
  };

  // What the client gets for a response message: JSON, or as it is what the
  // message carries as google.api.HttpBody.
  absl::StatusOr<Content> Answer(const Route& route, std::string response) const;

 private:
  JsonCodec codec_;
};

// Whether the route takes its body, or gives its answer, as google.api.HttpBody:
// bytes with a media type of their own.
bool TakesRawBody(const Route& route);
bool GivesRawBody(const Route& route);

}  // namespace portico::gateway
