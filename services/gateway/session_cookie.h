#pragma once

#include <optional>
#include <string>

#include "services/gateway/http_exchange.h"
#include "services/gateway/rpc_client.h"

namespace portico::gateway {

// The portal user's session, between gRPC metadata and a cookie. Over HTTPS the
// cookie is __Host-portico, which browsers accept from this very host only; over
// plain HTTP, which has no such guarantee, portico.

// The session's token in the request; nullopt without one.
std::optional<std::string> SessionToken(const HttpRequest& request, bool https);

// The value of Set-Cookie when the call began or ended a session, as its trailers
// tell; nullopt when it did neither.
std::optional<std::string> SessionCookie(const Metadata& trailers, bool https);

}  // namespace portico::gateway
