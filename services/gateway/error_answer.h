#pragma once

#include <absl/status/status.h>

#include <string>
#include <string_view>

#include "services/gateway/http_exchange.h"

namespace portico::gateway {

// Errors as AIP-193's JSON:
// {"error":{"code":404,"status":"NOT_FOUND","message":"…","details":[…]}}

// The HTTP status that stands for a code.
int HttpStatusOf(absl::StatusCode code);

// The JSON alone, for the end of a stream. `http_status` is its "code". Fields are
// named as in JSON, "contact.accountId", whatever the service called them.
std::string ErrorJson(const absl::Status& error, int http_status);

// The whole answer, with the headers that the status wants: WWW-Authenticate for
// 401, Retry-After for 429 and 503.
HttpResponse ErrorAnswer(const absl::Status& error);

// What only HTTP knows, such as 405; `code` is the nearest that gRPC has.
HttpResponse ErrorAnswer(int http_status, absl::StatusCode code, std::string_view message);

}  // namespace portico::gateway
