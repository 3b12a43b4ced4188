#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

namespace portico::rpc {

// Mutual TLS when the three PEM files are named, plain text when none is.
// UNAVAILABLE: a file cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    const std::string& cert_file, const std::string& key_file, const std::string& ca_file);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentials(
    const std::string& cert_file, const std::string& key_file, const std::string& ca_file);

}  // namespace portico::rpc
