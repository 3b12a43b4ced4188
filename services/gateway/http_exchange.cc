#include "services/gateway/http_exchange.h"

namespace portico::gateway {

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace portico::gateway
