#include "tools/cli/connection.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "libs/base/status_macros.h"
#include "libs/rpc/credentials.h"
#include "libs/settings/groups.h"

namespace portico::cli {
namespace {

std::string Environment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace

void Connection::Declare(CLI::App& command) {
  command.add_option("--address", address,
                     "Where the service is reached. Default: its PORTICO_…_ADDRESS.");
  command.add_option("--token", token, "The token of the caller.")->envname("PORTICO_TOKEN");
}

absl::StatusOr<std::unique_ptr<rpc::Peer>> Connection::Open(std::string_view service) const {
  rpc::PeerOptions options;
  options.target = address;
  if (options.target.empty()) {
    options.target = Environment(
        absl::StrCat("PORTICO_", absl::AsciiStrToUpper(std::string(service)), "_ADDRESS"));
  }
  if (options.target.empty()) options.target = settings::PeerSettings(service).address;
  options.bearer_token = token;
  settings::TlsSettings tls;
  tls.cert_file = Environment("PORTICO_TLS_CERT");
  tls.key_file = Environment("PORTICO_TLS_KEY");
  tls.ca_file = Environment("PORTICO_TLS_CA");
  ASSIGN_OR_RETURN(const auto credentials, rpc::Credentials::Open(tls));
  options.credentials = credentials->ForChannel();
  return std::make_unique<rpc::Peer>(std::move(options));
}

}  // namespace portico::cli
