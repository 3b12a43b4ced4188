#include "services/gateway/path_template.h"

#include <catch2/catch.hpp>

namespace portico::gateway {
namespace {

using Values = std::vector<std::string>;

std::optional<Values> Match(std::string_view path_template, std::string_view path) {
  const auto parsed = PathTemplate::Parse(path_template);
  REQUIRE(parsed.ok());
  return parsed->Match(RequestPath(path));
}

}  // namespace

TEST_CASE("Paths match templates", "[gateway]") {
  CHECK(Match("/v1/things", "/v1/things") == Values{});
  CHECK(Match("/v1/things/{id}", "/v1/things/7") == Values{"7"});
  CHECK(Match("/v1/{a.b}/x/{c}", "/v1/1/x/2") == Values{"1", "2"});
  CHECK(Match("/v1/things/*/parts", "/v1/things/7/parts") == Values{});
  CHECK(Match("/v1/things/{id}:end", "/v1/things/7:end") == Values{"7"});
  CHECK(Match("/v1/things:count", "/v1/things:count") == Values{});
  CHECK(Match("/v1/{name=shelves/*/books/*}", "/v1/shelves/1/books/2") ==
        Values{"shelves/1/books/2"});
  CHECK(Match("/v1/{name=files/**}", "/v1/files/a/b/c") == Values{"files/a/b/c"});
  CHECK(Match("/v1/{name=files/**}:read", "/v1/files/a/b:read") == Values{"files/a/b"});
}

TEST_CASE("Paths that are too short, too long or different do not match", "[gateway]") {
  CHECK_FALSE(Match("/v1/things", "/v1"));
  CHECK_FALSE(Match("/v1/things", "/v1/things/"));
  CHECK_FALSE(Match("/v1/things", "/v1/Things"));
  CHECK_FALSE(Match("/v1/things", "v1/things"));
  CHECK_FALSE(Match("/v1/things/{id}", "/v1/things/"));
  CHECK_FALSE(Match("/v1/things/{id}", "/v1/things/7/parts"));
  CHECK_FALSE(Match("/v1/things/{id}", "/v1//7"));
  CHECK_FALSE(Match("/v1/{name=files/**}", "/v1/files"));
  CHECK_FALSE(Match("/v1/things/{id}", ""));
}

TEST_CASE("A verb is told from an id", "[gateway]") {
  CHECK_FALSE(Match("/v1/things/{id}", "/v1/things/7:end"));
  CHECK_FALSE(Match("/v1/things/{id}:end", "/v1/things/7"));
  CHECK_FALSE(Match("/v1/things/{id}:end", "/v1/things/7:ending"));
  CHECK_FALSE(Match("/v1/things/{id}:end", "/v1/things/:end"));
  CHECK_FALSE(Match("/v1/things", "/v1/things:"));
  CHECK(Match("/v1/things/{id}", "/v1/things/7%3Aend") == Values{"7:end"});
}

TEST_CASE("Values are decoded after the path is split", "[gateway]") {
  CHECK(Match("/v1/things/{id}", "/v1/things/a%2Fb%20c") == Values{"a/b c"});
  CHECK(Match("/v1/things/{id}", "/v1/things/a+b") == Values{"a+b"});
  CHECK_FALSE(Match("/v1/things/{id}", "/v1/things/a%2"));
  CHECK_FALSE(Match("/v1/things/{id}", "/v1/things/a%zz"));
}

TEST_CASE("A template is printed with other names", "[gateway]") {
  const auto parsed = PathTemplate::Parse("/v1/{a.b}/x/{c=y/*}:go");
  REQUIRE(parsed.ok());
  CHECK(parsed->variables() == Values{"a.b", "c"});
  CHECK(parsed->Format({"one", "two"}) == "/v1/{one}/x/{two}:go");
  CHECK(parsed->Format({}) == "/v1/*/x/y/*:go");
}

TEST_CASE("Malformed templates are refused", "[gateway]") {
  for (const char* text : {"", "v1", "/", "/v1//x", "/v1/{id", "/v1/{id}x", "/v1/**/x"}) {
    INFO(text);
    CHECK_FALSE(PathTemplate::Parse(text).ok());
  }
}

}  // namespace portico::gateway
