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
}

void EventsSettings::Declare(Parser& parser) {
  parser.Choice("PORTICO_EVENTS_URL", &url, {"embedded"},
                "How events travel: embedded, where services watch one another's logs.");
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
