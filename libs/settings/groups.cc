#include "libs/settings/groups.h"

#include <absl/strings/ascii.h>

namespace portico::settings {
namespace {

std::string DefaultAddress(std::string_view service) {
  constexpr struct {
    std::string_view service;
    std::string_view address;
  } kAddresses[] = {
      {"account", "127.0.0.1:7101"},    {"contact", "127.0.0.1:7102"},
      {"invitation", "127.0.0.1:7103"}, {"registration", "127.0.0.1:7104"},
      {"gateway", "127.0.0.1:8080"},
  };
  for (const auto& known : kAddresses) {
    if (known.service == service) return std::string(known.address);
  }
  return "";
}

}  // namespace

ListenSettings::ListenSettings(std::string_view service) : address(DefaultAddress(service)) {}

void ListenSettings::Declare(Parser& parser) {
  parser.Address("PORTICO_LISTEN", &address, "Where this process serves.");
}

DatabaseSettings::DatabaseSettings(std::string_view service)
    : url("sqlite:var/" + std::string(service) + ".db") {}

void DatabaseSettings::Declare(Parser& parser) {
  parser.Secret(
      "PORTICO_DATABASE_URL", &url, "The database of this service.",
      StartsWith("sqlite:PATH or postgresql://…", {"sqlite:", "postgresql://", "postgres://"}));
  parser.Number("PORTICO_DATABASE_CONNECTIONS", &connections, 6, 500,
                "How many connections to PostgreSQL this process uses, and one more that listens. "
                "The sum over all replicas must fit into the server's max_connections.");
  parser.Flag("PORTICO_MIGRATE_ONLY", &migrate_only,
              "Brings the database to this release's schema, and ends.");
}

namespace {

Form EventsUrl() {
  Form servers = StartsWith("embedded or nats://host:port", {"nats://", "tls://"});
  return {servers.want,
          [servers](std::string_view text) { return text == "embedded" || servers.accepts(text); }};
}

}  // namespace

void EventsSettings::Declare(Parser& parser) {
  parser.Secret("PORTICO_EVENTS_URL", &url,
                "How events travel: embedded, where services watch one another's logs, or "
                "nats://host:port of a NATS server with JetStream (tls://, several with commas).",
                EventsUrl());
  parser.Text("PORTICO_EVENTS_CREDENTIALS", &credentials_file,
              "File of the NATS user's credentials (JWT and key).");
  parser.Text("PORTICO_EVENTS_CA", &ca_file,
              "File of the authority (PEM) that NATS must be signed by; with it NATS uses TLS.");
  parser.Text("PORTICO_EVENTS_CERT", &cert_file,
              "File of the certificate (PEM) that is shown to NATS.");
  parser.Text("PORTICO_EVENTS_KEY", &key_file, "File of that certificate's private key (PEM).");
  parser.Number("PORTICO_EVENTS_REPLICAS", &replicas, 1, 5,
                "How many NATS servers keep a stream; counts when it is made.");
  parser.Duration("PORTICO_EVENTS_RETENTION", &retention,
                  "How long this service's events are kept; a consumer that was away for longer "
                  "must start anew.");
  parser.Check([this] {
    return cert_file.empty() == key_file.empty()
               ? absl::OkStatus()
               : absl::InvalidArgumentError(
                     "PORTICO_EVENTS_CERT, PORTICO_EVENTS_KEY: want both or none");
  });
}

PeerSettings::PeerSettings(std::string_view peer_service)
    : peer(peer_service), address(DefaultAddress(peer_service)) {}

void PeerSettings::Declare(Parser& parser) {
  parser.Text("PORTICO_" + absl::AsciiStrToUpper(peer) + "_ADDRESS", &address,
              "Where the " + peer + " service is reached.", GrpcTarget());
}

void StaffTokenSettings::Declare(Parser& parser) {
  parser.Text("PORTICO_JWKS", &jwks,
              "Public keys that verify the tokens of staff: a file or an https URL.");
  parser.Text("PORTICO_JWT_ISSUER", &issuer, "The issuer (iss) that staff tokens must name.");
  parser.Text("PORTICO_JWT_AUDIENCE", &audience, "The audience (aud) that staff tokens must name.");
}

ServiceTokenSettings::ServiceTokenSettings(std::string_view own_service)
    : service(own_service), key_file("var/keys/" + service + ".pem") {}

void ServiceTokenSettings::Declare(Parser& parser) {
  parser.Text("PORTICO_SERVICE_TOKEN_KEY", &key_file,
              "File of the Ed25519 private key (PEM) that signs this service's own tokens.");
  parser.Text("PORTICO_SERVICE_JWKS", &jwks,
              "Public keys and permissions of the services: a file or an https URL.");
}

void SealSettings::Declare(Parser& parser) {
  parser.Text("PORTICO_SEAL_KEY", &key_file,
              "File of the keys that seal tokens in unsent messages: lines of an id and a key "
              "in base64, the first sealing, all opening.");
}

void EnrollmentSettings::Declare(Parser& parser) {
  parser.Text("PORTICO_ENROLLMENT_KEY", &key_file,
              "File of the keys that sign the links in invoices: lines of an id and a key in "
              "base64, the first signing, all verifying.");
}

void TlsSettings::Declare(Parser& parser) {
  parser.Text("PORTICO_TLS_CERT", &cert_file,
              "File of this process's certificate (PEM); with it services use mutual TLS.");
  parser.Text("PORTICO_TLS_KEY", &key_file, "File of that certificate's private key (PEM).");
  parser.Text("PORTICO_TLS_CA", &ca_file, "File of the authority that peers must be signed by.");
  parser.Check([this] {
    const bool none = cert_file.empty() && key_file.empty() && ca_file.empty();
    const bool all = !cert_file.empty() && !key_file.empty() && !ca_file.empty();
    if (none || all) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "PORTICO_TLS_CERT, PORTICO_TLS_KEY, PORTICO_TLS_CA: got some of them, want all or none");
  });
}

void MetricsSettings::Declare(Parser& parser) {
  parser.Address("PORTICO_METRICS_LISTEN", &address,
                 "Where Prometheus metrics and plain health are served over HTTP.");
}

void LogSettings::Declare(Parser& parser) {
  parser.Choice("PORTICO_LOG_LEVEL", &level, {"trace", "debug", "info", "warn", "error"},
                "The least level that is logged.");
  parser.Choice("PORTICO_LOG_FORMAT", &format, {"text", "json"}, "The form of the log's lines.");
}

}  // namespace portico::settings
