#include "libs/auth/token_cache.h"

#include <catch2/catch.hpp>

namespace portico::auth {
namespace {

std::shared_ptr<const VerifiedToken> TokenOfSubject(const std::string& subject) {
  return std::make_shared<const VerifiedToken>(VerifiedToken{.caller = {.kind = CallerKind::kStaff,
                                                                        .subject = subject,
                                                                        .session_id = "",
                                                                        .permissions = {}},
                                                             .valid_until = absl::InfiniteFuture(),
                                                             .source = nullptr,
                                                             .keys = nullptr});
}

TEST_CASE("The cache finds what was added", "[auth]") {
  TokenCache cache(10);
  CHECK(cache.Find("a") == nullptr);
  cache.Add("a", TokenOfSubject("anna"));
  REQUIRE(cache.Find("a") != nullptr);
  CHECK(cache.Find("a")->caller.subject == "anna");
  cache.Add("a", TokenOfSubject("berta"));
  CHECK(cache.Find("a")->caller.subject == "berta");
}

TEST_CASE("The cache is bounded, and keeps what is used", "[auth]") {
  TokenCache cache(10);
  cache.Add("used", TokenOfSubject("anna"));
  for (int i = 0; i < 1000; ++i) {
    cache.Add(std::to_string(i), TokenOfSubject("someone"));
    REQUIRE(cache.Find("used") != nullptr);
  }
  int held = 0;
  for (int i = 0; i < 1000; ++i) held += cache.Find(std::to_string(i)) != nullptr ? 1 : 0;
  CHECK(held > 0);
  CHECK(held < 10);
}

}  // namespace
}  // namespace portico::auth
