#pragma once

#include <string>

#include "services/gateway/router.h"

namespace portico::gateway {

// Describes the routes as an OpenAPI 3.1 document in JSON. Everything in it comes from
// the protos: descriptions from their comments, limits from their field rules, security
// from their access rules.
std::string OpenApiDocument(const Router& router);

}  // namespace portico::gateway
