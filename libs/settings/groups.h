#pragma once

#include <string>
#include <string_view>

#include "libs/base/secret.h"
#include "libs/settings/parser.h"

// The settings that several processes share, each group declared in one line by
// the process that wants it. `service` is account, contact, invitation,
// registration or gateway; paths are relative to the working directory.
namespace portico::settings {

// PORTICO_LISTEN
struct ListenSettings {
  explicit ListenSettings(std::string_view service);
  void Declare(Parser& parser);

  std::string address;
};

// PORTICO_DATABASE_URL: a secret, since it may hold a password. PORTICO_MIGRATE_ONLY
struct DatabaseSettings {
  explicit DatabaseSettings(std::string_view service);
  void Declare(Parser& parser);

  Secret url;
  int64_t connections = 12;   // To PostgreSQL; one more listens.
  bool migrate_only = false;  // The process ends once the database is open, thus migrated.
};

// PORTICO_EVENTS_URL (a secret, since it may hold a password), PORTICO_EVENTS_CREDENTIALS, …:
// how events travel, and how long they are kept.
struct EventsSettings {
  void Declare(Parser& parser);
  bool embedded() const { return url.Reveal() == "embedded"; }

  Secret url = Secret("embedded");
  std::string credentials_file;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  int64_t replicas = 1;
  absl::Duration retention = absl::Hours(30 * 24);
};

// PORTICO_ACCOUNT_ADDRESS and its like: where one peer is reached.
struct PeerSettings {
  explicit PeerSettings(std::string_view peer_service);
  void Declare(Parser& parser);

  std::string peer;
  std::string address;
};

// PORTICO_JWKS, PORTICO_JWT_ISSUER, PORTICO_JWT_AUDIENCE: whose staff tokens count.
struct StaffTokenSettings {
  void Declare(Parser& parser);

  std::string jwks = "var/keys/jwks.json";
  std::string issuer = "portico";
  std::string audience = "portico";
};

// PORTICO_SERVICE_TOKEN_KEY, PORTICO_SERVICE_JWKS: who this service is, and who its peers are.
struct ServiceTokenSettings {
  explicit ServiceTokenSettings(std::string_view own_service);
  void Declare(Parser& parser);

  std::string service;
  std::string key_file;
  std::string jwks = "var/keys/services.jwks.json";
};

// PORTICO_SEAL_KEY
struct SealSettings {
  void Declare(Parser& parser);

  std::string key_file = "var/keys/seal.key";
};

// PORTICO_ENROLLMENT_KEY
struct EnrollmentSettings {
  void Declare(Parser& parser);

  std::string key_file = "var/keys/enrollment.key";
};

// PORTICO_TLS_CERT, PORTICO_TLS_KEY, PORTICO_TLS_CA: PEM files, all three or none.
struct TlsSettings {
  void Declare(Parser& parser);
  bool enabled() const { return !cert_file.empty(); }

  std::string cert_file;
  std::string key_file;
  std::string ca_file;
};

// PORTICO_METRICS_LISTEN; empty is off.
struct MetricsSettings {
  void Declare(Parser& parser);

  std::string address;
};

// PORTICO_LOG_LEVEL, PORTICO_LOG_FORMAT
struct LogSettings {
  void Declare(Parser& parser);

  std::string level = "info";
  std::string format = "text";
};

}  // namespace portico::settings
