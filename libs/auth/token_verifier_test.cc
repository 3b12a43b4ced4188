#include "libs/auth/token_verifier.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "libs/auth/file_key_source.h"
#include "libs/auth/jwt_signer.h"
#include "libs/auth/loopback_http.h"
#include "libs/auth/service_token.h"
#include "libs/auth/test_directory.h"
#include "libs/auth/test_key.h"
#include "libs/auth/url_key_source.h"
#include "libs/testing/fake_clock.h"

namespace portico::auth {
namespace {

using absl::StatusCode;
using Catch::Matchers::Contains;
using Permissions = absl::flat_hash_set<std::string>;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// A verifier with one staff key and the keys of two services, in files.
struct Fixture {
  testing::FakeClock clock{kStart};
  TestDirectory directory;
  PrivateKey staff = PrivateKey::Generate();
  PrivateKey contact = PrivateKey::Generate();
  PrivateKey invitation = PrivateKey::Generate();
  TokenVerifier verifier;

  Fixture()
      : verifier({.staff_keys = std::make_shared<FileKeySource>(
                      directory.Write("jwks.json", JwkSet({PublicJwk(staff)})), clock),
                  .issuer = "issuer",
                  .audience = "portico",
                  .service_keys = std::make_shared<FileKeySource>(
                      directory.Write(
                          "services.jwks.json",
                          JwkSet({PublicJwk(contact, "contact", {"events.read", "accounts.read"}),
                                  PublicJwk(invitation, "invitation", {})})),
                      clock)},
                 clock) {}

  JwtClaims StaffClaims() const {
    return {.issuer = "issuer",
            .subject = "jane",
            .audience = "portico",
            .permissions = std::vector<std::string>{"contacts.read"},
            .issued = clock.Now(),
            .expires = clock.Now() + absl::Minutes(10)};
  }
  JwtClaims ServiceClaims() const {
    JwtClaims claims = StaffClaims();
    claims.issuer = kServiceIssuer;
    claims.subject = "contact";
    claims.permissions = std::nullopt;
    return claims;
  }
  std::string ErrorOf(const std::string& token) {
    const absl::Status status = verifier.Verify(token).status();
    CHECK(status.code() == StatusCode::kUnauthenticated);
    return std::string(status.message());
  }
};

TEST_CASE("A staff token gives a staff caller with its permissions", "[auth]") {
  Fixture fixture;
  const Caller caller =
      fixture.verifier.Verify(SignJwt(fixture.staff, fixture.StaffClaims())).value();
  CHECK(caller.kind == CallerKind::kStaff);
  CHECK(caller.subject == "jane");
  CHECK(*caller.permissions == Permissions{"contacts.read"});
  CHECK(caller.session_id.empty());
}

TEST_CASE("A service token gives a service caller with the permissions of its key", "[auth]") {
  Fixture fixture;
  ServiceTokenSource source(fixture.contact, "contact", fixture.clock);
  const Caller caller = fixture.verifier.Verify(source.Token()).value();
  CHECK(caller.kind == CallerKind::kService);
  CHECK(caller.subject == "contact");
  CHECK(*caller.permissions == Permissions{"events.read", "accounts.read"});

  ServiceTokenSource powerless(fixture.invitation, "invitation", fixture.clock);
  CHECK(fixture.verifier.Verify(powerless.Token()).value().permissions->empty());
}

TEST_CASE("A service token may ask for less than its key's permissions, never more", "[auth]") {
  Fixture fixture;
  JwtClaims claims = fixture.ServiceClaims();
  claims.permissions = std::vector<std::string>{"events.read", "contacts.write"};
  CHECK(*fixture.verifier.Verify(SignJwt(fixture.contact, claims)).value().permissions ==
        Permissions{"events.read"});
  claims.permissions.emplace();
  CHECK(fixture.verifier.Verify(SignJwt(fixture.contact, claims)).value().permissions->empty());
}

TEST_CASE("A service cannot pose as staff, nor staff as a service", "[auth]") {
  Fixture fixture;
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.contact, fixture.StaffClaims())), Contains("unknown"));
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.staff, fixture.ServiceClaims())), Contains("unknown"));

  // Nor when it claims the other's key id.
  const TestKey forger("EdDSA", fixture.staff.key_id());
  const std::string claims = R"({"iss":"issuer","sub":"jane","aud":"portico","exp":)" +
                             std::to_string(absl::ToUnixSeconds(kStart) + 60) + '}';
  CHECK_THAT(fixture.ErrorOf(forger.Sign(claims)), Contains("signature is wrong"));
}

TEST_CASE("A service cannot pose as another service", "[auth]") {
  Fixture fixture;
  JwtClaims claims = fixture.ServiceClaims();
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.invitation, claims)), Contains("service of its key"));
}

TEST_CASE("A key without a service signs no service tokens", "[auth]") {
  Fixture fixture;
  fixture.directory.Write("services.jwks.json", JwkSet({PublicJwk(fixture.contact)}));
  fixture.clock.Advance(absl::Seconds(1));
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.contact, fixture.ServiceClaims())),
             Contains("service of its key"));
}

TEST_CASE("Tokens of unknown issuers and for other audiences are refused", "[auth]") {
  Fixture fixture;
  JwtClaims claims = fixture.StaffClaims();
  claims.issuer = "other";
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.staff, claims)), Contains("unknown issuer"));
  claims = fixture.StaffClaims();
  claims.audience = "other";
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.staff, claims)), Contains("audience"));
  claims = fixture.ServiceClaims();
  claims.audience = "other";
  CHECK_THAT(fixture.ErrorOf(SignJwt(fixture.contact, claims)), Contains("audience"));
  CHECK_THAT(fixture.ErrorOf(""), Contains("malformed"));
  CHECK_THAT(fixture.ErrorOf(std::string(10'000, 'x')), Contains("too long"));
}

TEST_CASE("A remembered token expires with its time", "[auth]") {
  Fixture fixture;
  const std::string token = SignJwt(fixture.staff, fixture.StaffClaims());
  CHECK(fixture.verifier.Verify(token).ok());
  fixture.clock.Advance(absl::Minutes(10) + absl::Seconds(29));
  CHECK(fixture.verifier.Verify(token).ok());
  fixture.clock.Advance(absl::Seconds(1));
  CHECK_THAT(fixture.ErrorOf(token), Contains("expired"));
}

TEST_CASE("Keys rotate without a restart, and a withdrawn key ends its tokens", "[auth]") {
  Fixture fixture;
  const PrivateKey next = PrivateKey::Generate();
  const std::string by_first = SignJwt(fixture.staff, fixture.StaffClaims());
  const std::string by_next = SignJwt(next, fixture.StaffClaims());
  CHECK(fixture.verifier.Verify(by_first).ok());
  CHECK_THAT(fixture.ErrorOf(by_next), Contains("key is unknown"));

  fixture.directory.Write("jwks.json", JwkSet({PublicJwk(fixture.staff), PublicJwk(next)}));
  fixture.clock.Advance(absl::Seconds(1));
  CHECK(fixture.verifier.Verify(by_first).ok());
  CHECK(fixture.verifier.Verify(by_next).ok());

  fixture.directory.Write("jwks.json", JwkSet({PublicJwk(next)}));
  fixture.clock.Advance(absl::Seconds(1));
  CHECK_THAT(fixture.ErrorOf(by_first), Contains("key is unknown"));
  CHECK(fixture.verifier.Verify(by_next).ok());
}

TEST_CASE("A lowered ceiling counts for tokens already remembered", "[auth]") {
  Fixture fixture;
  const std::string token = SignJwt(fixture.contact, fixture.ServiceClaims());
  CHECK(fixture.verifier.Verify(token).value().permissions->size() == 2);
  fixture.directory.Write("services.jwks.json",
                          JwkSet({PublicJwk(fixture.contact, "contact", {"events.read"})}));
  fixture.clock.Advance(absl::Seconds(1));
  CHECK(*fixture.verifier.Verify(token).value().permissions == Permissions{"events.read"});
}

TEST_CASE("Without any keys yet a token may do later", "[auth]") {
  testing::FakeClock clock(kStart);
  const TestDirectory directory;
  const auto keys = std::make_shared<FileKeySource>(directory / "jwks.json", clock);
  TokenVerifier verifier(
      {.staff_keys = keys, .issuer = "issuer", .audience = "portico", .service_keys = keys}, clock);
  const TestKey key("RS256", "k1");
  const std::string token = key.Sign(R"({"iss":"issuer","sub":"jane","aud":"portico","exp":)" +
                                     std::to_string(absl::ToUnixSeconds(kStart) + 60) +
                                     R"(,"scope":"contacts.read contacts.write"})");
  CHECK(verifier.Verify(token).status().code() == StatusCode::kUnavailable);

  directory.Write("jwks.json", key.JwkSet());
  clock.Advance(absl::Seconds(1));
  CHECK(*verifier.Verify(token).value().permissions ==
        Permissions{"contacts.read", "contacts.write"});
}

TEST_CASE("A token of a key just published at a URL does after one fetch", "[auth]") {
  testing::FakeClock clock(kStart);
  LoopbackHttp issuer;
  const TestKey first("ES256", "one"), second("ES256", "two");
  issuer.Answer("200 OK", first.JwkSet());
  const std::shared_ptr<UrlKeySource> keys = UrlKeySource::Create(issuer.url(), clock).value();
  keys->RefreshIfDue();
  TokenVerifier verifier(
      {.staff_keys = keys, .issuer = "issuer", .audience = "portico", .service_keys = keys}, clock);
  const std::string token = second.Sign(R"({"iss":"issuer","sub":"jane","aud":"portico","exp":)" +
                                        std::to_string(absl::ToUnixSeconds(kStart) + 600) + '}');
  CHECK(verifier.Verify(token).status().code() == StatusCode::kUnauthenticated);

  issuer.Answer("200 OK", second.JwkSet());
  clock.Advance(absl::Minutes(1));
  CHECK(verifier.Verify(token).status().code() == StatusCode::kUnavailable);
  keys->RefreshIfDue();
  CHECK(verifier.Verify(token).ok());
}

TEST_CASE("A verifier is opened from the settings, and refuses the services' issuer", "[auth]") {
  Fixture fixture;
  settings::StaffTokenSettings staff;
  staff.jwks = fixture.directory / "jwks.json";
  staff.issuer = "issuer";
  settings::ServiceTokenSettings services("contact");
  services.jwks = fixture.directory / "services.jwks.json";
  const auto verifier = TokenVerifier::Open(staff, services, fixture.clock).value();
  CHECK(verifier->Verify(SignJwt(fixture.staff, fixture.StaffClaims())).ok());
  CHECK(verifier->Verify(SignJwt(fixture.contact, fixture.ServiceClaims())).ok());

  staff.issuer = "portico-services";
  CHECK_THAT(std::string(TokenVerifier::Open(staff, services, fixture.clock).status().message()),
             Contains("PORTICO_JWT_ISSUER"));
  staff.issuer = "issuer";
  staff.jwks = "http://issuer.example/jwks.json";
  CHECK_FALSE(TokenVerifier::Open(staff, services, fixture.clock).ok());
}

TEST_CASE("Threads verify at once while the keys change", "[auth]") {
  Fixture fixture;
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) {
    JwtClaims claims = fixture.StaffClaims();
    claims.subject = std::to_string(i);
    tokens.push_back(SignJwt(fixture.staff, claims));
  }
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (size_t i = 0; i < tokens.size(); ++i) {
          const auto caller = fixture.verifier.Verify(tokens[i]);
          if (caller.ok() && caller->subject == std::to_string(i)) ++count;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    fixture.directory.Write("jwks.json", JwkSet({PublicJwk(fixture.staff)}));
    fixture.clock.Advance(absl::Seconds(1));
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == std::vector<int>(4, 400));
}

}  // namespace
}  // namespace portico::auth
