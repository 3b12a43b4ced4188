#include "services/gateway/session_cookie.h"

#include <catch2/catch.hpp>

namespace portico::gateway {
namespace {

std::optional<std::string> TokenIn(const std::string& cookie, bool https) {
  HttpRequest request;
  request.headers = {{"cookie", cookie}};
  return SessionToken(request, https);
}

}  // namespace

TEST_CASE("The session is read from the cookie of its name", "[gateway]") {
  CHECK(TokenIn("portico=abc-_123", false) == "abc-_123");
  CHECK(TokenIn("a=b; portico=abc; c=d", false) == "abc");
  CHECK(TokenIn("__Host-portico=abc", true) == "abc");
  // Without HTTPS anybody on the way could have set it.
  CHECK_FALSE(TokenIn("portico=abc", true));
  CHECK_FALSE(TokenIn("__Host-portico=abc", false));
  CHECK_FALSE(TokenIn("myportico=abc", false));
  CHECK_FALSE(TokenIn("portico=", false));
  CHECK_FALSE(TokenIn("portico=a b", false));
  CHECK_FALSE(TokenIn("portico=\x01", false));
  CHECK_FALSE(TokenIn("portico=" + std::string(600, 'a'), false));
}

TEST_CASE("Trailers set and take away the cookie", "[gateway]") {
  const Metadata begun = {{"portico-session", "abc"}, {"portico-session-max-age", "3600"}};
  CHECK(SessionCookie(begun, false) ==
        "portico=abc; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict");
  CHECK(SessionCookie(begun, true) ==
        "__Host-portico=abc; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure");
  CHECK(SessionCookie({{"portico-session-ended", "1"}}, false) ==
        "portico=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
  CHECK_FALSE(SessionCookie({}, false));
  CHECK_FALSE(SessionCookie({{"portico-session", "abc"}}, false));
  CHECK_FALSE(SessionCookie(
      {{"portico-session", "a; Domain=evil"}, {"portico-session-max-age", "1"}}, false));
}

}  // namespace portico::gateway
