#pragma once

#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// Whether a page of another site may have made a browser send this request with the
// user's cookie. SameSite=Strict already keeps the cookie back; this is the second
// lock. Requests that change nothing, and those with a bearer token, which no browser
// adds by itself, are never cross-site.
bool IsCrossSite(const HttpRequest& request, bool has_session);

}  // namespace portico::gateway
