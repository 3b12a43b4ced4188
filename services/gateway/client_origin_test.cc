#include "services/gateway/client_origin.h"

#include <catch2/catch.hpp>

namespace portico::gateway {
namespace {

ClientOrigin Read(const std::vector<std::string>& trusted, const std::string& peer,
                  const HttpHeaders& headers, bool own_tls = false) {
  const auto reader = OriginReader::Make(trusted, own_tls);
  REQUIRE(reader.ok());
  HttpRequest request;
  request.peer_address = peer;
  request.headers = headers;
  return reader->Read(request);
}

}  // namespace

TEST_CASE("Without a trusted proxy the connection alone tells the client", "[gateway]") {
  const HttpHeaders forged = {{"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}};
  CHECK(Read({}, "9.9.9.9", forged).address == "9.9.9.9");
  CHECK_FALSE(Read({}, "9.9.9.9", forged).https);
  CHECK(Read({"10.0.0.0/8"}, "11.0.0.1", forged).address == "11.0.0.1");
  CHECK(Read({}, "9.9.9.9", {}, true).https);
}

TEST_CASE("A trusted proxy tells the client, which cannot add to it", "[gateway]") {
  const std::vector<std::string> trusted = {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32"};
  const auto address = [&](const std::string& peer, const std::string& forwarded) {
    return Read(trusted, peer, {{"x-forwarded-for", forwarded}}).address;
  };
  CHECK(address("10.1.2.3", "1.2.3.4") == "1.2.3.4");
  CHECK(address("192.0.2.1", "1.2.3.4") == "1.2.3.4");
  CHECK(address("192.0.2.2", "1.2.3.4") == "192.0.2.2");
  CHECK(address("2001:db8::5", "2001:db9::1") == "2001:db9::1");
  CHECK(address("::ffff:10.1.2.3", "1.2.3.4") == "1.2.3.4");
  // Each proxy adds whom it heard from behind what it was sent.
  CHECK(address("10.1.2.3", "6.6.6.6, 1.2.3.4, 10.9.9.9") == "1.2.3.4");
  CHECK(address("10.1.2.3", "1.2.3.4, nonsense") == "10.1.2.3");
  CHECK(address("10.1.2.3", "") == "10.1.2.3");
  CHECK(address("10.1.2.3", "fe80::1%\xff\xfe") == "10.1.2.3");
  CHECK(address("10.1.2.3", "2001:DB9:0::1") == "2001:db9::1");
  CHECK(Read(trusted, "10.1.2.3", {{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "1.2.3.4"}})
            .address == "1.2.3.4");
}

TEST_CASE("A trusted proxy tells whether the client came over HTTPS", "[gateway]") {
  CHECK(Read({"10.0.0.1"}, "10.0.0.1", {{"x-forwarded-proto", "https"}}).https);
  CHECK_FALSE(Read({"10.0.0.1"}, "10.0.0.1", {{"x-forwarded-proto", "http"}}, true).https);
  CHECK(Read({"10.0.0.1"}, "10.0.0.1", {}, true).https);
}

TEST_CASE("What is no address or network cannot be trusted", "[gateway]") {
  CHECK_FALSE(OriginReader::Make({"proxy.example"}, false).ok());
  CHECK_FALSE(OriginReader::Make({"10.0.0.0/33"}, false).ok());
  CHECK_FALSE(OriginReader::Make({""}, false).ok());
}

}  // namespace portico::gateway
