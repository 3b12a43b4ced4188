#include "services/gateway/cross_site.h"

#include <absl/strings/match.h>

#include "services/gateway/media_type.h"

namespace portico::gateway {
namespace {

bool ChangesNothing(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// "https://portal.example:8443" names the host "portal.example:8443". A default port
// is in neither.
bool NamesHost(std::string_view origin, std::string_view host) {
  const size_t authority = origin.find("://");
  return authority != origin.npos &&
         absl::EqualsIgnoreCase(
             absl::string_view(origin.data() + authority + 3, origin.size() - authority - 3),
             absl::string_view(host.data(), host.size()));
}

}  // namespace

bool IsCrossSite(const HttpRequest& request, bool has_session) {
  if (ChangesNothing(request.method) || !request.Header("authorization").empty()) return false;
  const std::string_view site = request.Header("sec-fetch-site");
  const std::string_view origin = request.Header("origin");
  // No page can set this one, and a proxy that rewrites Host leaves it right.
  if (!site.empty()) return site != "same-origin" && site != "none";
  if (!origin.empty()) return !NamesHost(origin, request.Header("host"));
  // Old browsers send neither. A form of another site cannot send JSON.
  return has_session && !IsJson(request.Header("content-type"));
}

}  // namespace portico::gateway
