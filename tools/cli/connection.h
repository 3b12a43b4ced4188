#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "libs/rpc/peer.h"

namespace CLI {
class App;
}

namespace portico::cli {

// Where and as whom a subcommand calls a service.
struct Connection {
  // Declares --address and --token.
  void Declare(CLI::App& command);

  // The service ("contact"): at --address, else where its environment variable
  // says, else at its default port. With mutual TLS as in PORTICO_TLS_….
  absl::StatusOr<std::unique_ptr<rpc::Peer>> Open(std::string_view service) const;

  std::string address;
  std::string token;
};

}  // namespace portico::cli
