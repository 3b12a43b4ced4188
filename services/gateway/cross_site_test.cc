#include "services/gateway/cross_site.h"

#include <catch2/catch.hpp>

#include "services/gateway/media_type.h"

namespace portico::gateway {
namespace {

bool CrossSite(const std::string& method, HttpHeaders headers, bool has_session = true) {
  HttpRequest request;
  request.method = method;
  headers.emplace_back("host", "portal.example:8443");
  request.headers = std::move(headers);
  return IsCrossSite(request, has_session);
}

}  // namespace

TEST_CASE("A change that another site's page asks for is told apart", "[gateway]") {
  const std::pair<std::string, std::string> json = {"content-type", "application/json"};
  CHECK_FALSE(CrossSite("POST", {{"origin", "https://portal.example:8443"}}));
  CHECK_FALSE(CrossSite("POST", {{"origin", "https://Portal.Example:8443"}}));
  CHECK_FALSE(CrossSite("POST", {{"sec-fetch-site", "same-origin"}}));
  // The browser vouches for it, whatever a proxy has made of Host.
  CHECK_FALSE(
      CrossSite("POST", {{"sec-fetch-site", "same-origin"}, {"origin", "https://other.example"}}));
  CHECK_FALSE(CrossSite("POST", {json}));
  CHECK(CrossSite("POST", {{"origin", "https://evil.example"}, json}));
  CHECK(CrossSite("POST", {{"origin", "https://portal.example"}, json}));
  CHECK(CrossSite("POST", {{"origin", "https://portal.example:8443.evil.example"}}));
  CHECK(CrossSite("POST", {{"origin", "null"}}));
  CHECK(CrossSite("POST", {{"sec-fetch-site", "cross-site"}, json}));
  CHECK(CrossSite("DELETE", {{"sec-fetch-site", "same-site"}}));
  CHECK(CrossSite("POST", {{"content-type", "text/plain"}}));
  CHECK(CrossSite("POST", {}));
  // Signing in for somebody else is an attack as well.
  CHECK(CrossSite("POST", {{"origin", "https://evil.example"}, json}, false));
}

TEST_CASE("What no browser sends by itself is not cross-site", "[gateway]") {
  CHECK_FALSE(CrossSite("POST", {}, false));
  CHECK_FALSE(CrossSite("POST", {{"authorization", "Bearer x"}, {"origin", "https://other"}}));
  CHECK_FALSE(CrossSite("GET", {{"origin", "https://evil.example"}}));
  CHECK_FALSE(CrossSite("HEAD", {{"sec-fetch-site", "cross-site"}}));
}

TEST_CASE("Media types are recognized", "[gateway]") {
  CHECK(IsJson("application/json"));
  CHECK(IsJson("Application/JSON; charset=UTF-8"));
  CHECK(IsJson("application/json;charset=\"utf-8\""));
  CHECK_FALSE(IsJson("application/json; charset=latin1"));
  CHECK_FALSE(IsJson("application/jsonx"));
  CHECK_FALSE(IsJson("text/plain"));
  CHECK_FALSE(IsJson(""));
  CHECK(Accepts("text/html, text/event-stream;q=0.9", "text/event-stream"));
  CHECK_FALSE(Accepts("text/*, */*", "text/event-stream"));
  CHECK_FALSE(Accepts("", "text/event-stream"));
}

}  // namespace portico::gateway
