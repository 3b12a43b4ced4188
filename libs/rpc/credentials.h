#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "libs/settings/groups.h"

namespace portico::rpc {

// How services know one another on the wire: mutual TLS when the settings name files, plain text
// when they name none. The files may be replaced while the process runs: connections made a few
// seconds later are by the new ones, those that stand remain.
class Credentials {
 public:
  // UNAVAILABLE, INVALID_ARGUMENT: of the files, as CertificateFiles::Open says.
  static absl::StatusOr<std::unique_ptr<Credentials>> Open(const settings::TlsSettings& files);
  ~Credentials();

  // Takes clients with a certificate of the authority alone.
  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  // Takes servers with a certificate of the authority for the name that they are reached by.
  std::shared_ptr<grpc::ChannelCredentials> ForChannel() const;

 private:
  class Reloading;
  explicit Credentials(std::unique_ptr<Reloading> reloading);

  const std::unique_ptr<Reloading> reloading_;  // Null for plain text.
};

}  // namespace portico::rpc
