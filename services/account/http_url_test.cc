#include "services/account/http_url.h"

#include <catch2/catch.hpp>

namespace portico::account {
namespace {

TEST_CASE("A portal or picture is at an absolute URL of http or https", "[setup]") {
  for (const char* url : {"https://portal.example.com", "http://localhost:8080/portal",
                          "https://cdn.example.com/a%20b.png?v=2", "http://[::1]:8080/"}) {
    CAPTURE(url);
    CHECK(IsHttpUrl(url));
  }
  for (const char* url :
       {"", "portal.example.com", "/portal", "ftp://example.com/x", "javascript:alert(1)",
        "https://", "https://user:password@example.com/", "https://exa mple.com/", "file:///etc"}) {
    CAPTURE(url);
    CHECK_FALSE(IsHttpUrl(url));
  }
}

}  // namespace
}  // namespace portico::account
