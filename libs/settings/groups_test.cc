#include "libs/settings/groups.h"

#include <catch2/catch.hpp>
#include <map>
#include <sstream>

namespace portico::settings {
namespace {

using Catch::Matchers::Contains;

struct AllGroups {
  ListenSettings listen{"contact"};
  DatabaseSettings database{"contact"};
  EventsSettings events;
  PeerSettings account{"account"};
  PeerSettings registration{"registration"};
  StaffTokenSettings staff;
  ServiceTokenSettings service{"contact"};
  SealSettings seal;
  EnrollmentSettings enrollment;
  TlsSettings tls;
  MetricsSettings metrics;
  LogSettings log;

  absl::Status Parse(const std::map<std::string, std::string>& environment) {
    Parser parser("portico-contact", "holds contacts.");
    listen.Declare(parser);
    database.Declare(parser);
    events.Declare(parser);
    account.Declare(parser);
    registration.Declare(parser);
    staff.Declare(parser);
    service.Declare(parser);
    seal.Declare(parser);
    enrollment.Declare(parser);
    tls.Declare(parser);
    metrics.Declare(parser);
    log.Declare(parser);
    std::ostringstream out;
    return parser
        .Parse(
            {},
            [&](const std::string& variable) -> std::optional<std::string> {
              const auto found = environment.find(variable);
              if (found == environment.end()) return std::nullopt;
              return found->second;
            },
            out)
        .status();
  }
};

TEST_CASE("The groups have the documented defaults", "[settings]") {
  AllGroups groups;
  REQUIRE(groups.Parse({}).ok());
  CHECK(groups.listen.address == "127.0.0.1:7102");
  CHECK(groups.database.url.Reveal() == "sqlite:var/contact.db");
  CHECK(groups.events.embedded());
  CHECK(groups.events.retention == absl::Hours(720));
  CHECK_FALSE(groups.database.migrate_only);
  CHECK(groups.account.address == "127.0.0.1:7101");
  CHECK(groups.registration.address == "127.0.0.1:7104");
  CHECK(groups.staff.jwks == "var/keys/jwks.json");
  CHECK(groups.staff.issuer == "portico");
  CHECK(groups.staff.audience == "portico");
  CHECK(groups.service.key_file == "var/keys/contact.pem");
  CHECK(groups.service.jwks == "var/keys/services.jwks.json");
  CHECK(groups.seal.key_file == "var/keys/seal.key");
  CHECK(groups.enrollment.key_file == "var/keys/enrollment.key");
  CHECK_FALSE(groups.tls.enabled());
  CHECK(groups.metrics.address.empty());
  CHECK(groups.log.level == "info");
  CHECK(groups.log.format == "text");
  CHECK(ListenSettings("gateway").address == "127.0.0.1:8080");
  CHECK(ListenSettings("invitation").address == "127.0.0.1:7103");
}

TEST_CASE("The groups take what the variables say", "[settings]") {
  AllGroups groups;
  REQUIRE(groups
              .Parse({{"PORTICO_DATABASE_URL", "postgresql://portico@db/contact"},
                      {"PORTICO_EVENTS_URL", "nats://nats:4222"},
                      {"PORTICO_ACCOUNT_ADDRESS", "dns:///account:7101"},
                      {"PORTICO_TLS_CERT", "cert.pem"},
                      {"PORTICO_TLS_KEY", "key.pem"},
                      {"PORTICO_TLS_CA", "ca.pem"}})
              .ok());
  CHECK(groups.database.url.Reveal() == "postgresql://portico@db/contact");
  CHECK(groups.events.url.Reveal() == "nats://nats:4222");
  CHECK(groups.account.address == "dns:///account:7101");
  CHECK(groups.tls.enabled());
}

TEST_CASE("The groups refuse what makes no sense", "[settings]") {
  const std::pair<std::string, std::string> cases[] = {
      {"PORTICO_DATABASE_URL", "mysql://db"},
      {"PORTICO_DATABASE_URL", "sqlite:"},
      {"PORTICO_EVENTS_URL", "http://nats:80"},
      {"PORTICO_ACCOUNT_ADDRESS", "account"},
      {"PORTICO_LOG_LEVEL", "loud"},
      {"PORTICO_METRICS_LISTEN", "9090"},
      {"PORTICO_TLS_CERT", "cert.pem"},
      {"PORTICO_EVENTS_CERT", "cert.pem"},
  };
  for (const auto& [variable, value] : cases) {
    AllGroups groups;
    const absl::Status status = groups.Parse({{variable, value}});
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(status.message()), Contains(variable));
  }
}

}  // namespace
}  // namespace portico::settings
