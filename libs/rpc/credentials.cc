#include "libs/rpc/credentials.h"

#include <absl/strings/str_cat.h>

#include <fstream>
#include <sstream>

#include "libs/base/status_macros.h"

namespace portico::rpc {
namespace {

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    return absl::UnavailableError(absl::StrCat("cannot read the PEM file ", path));
  }
  return text.str();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    const std::string& cert_file, const std::string& key_file, const std::string& ca_file) {
  if (cert_file.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  ASSIGN_OR_RETURN(pair.private_key, ReadPem(key_file));
  ASSIGN_OR_RETURN(pair.cert_chain, ReadPem(cert_file));
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem(ca_file));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentials(
    const std::string& cert_file, const std::string& key_file, const std::string& ca_file) {
  if (cert_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_private_key, ReadPem(key_file));
  ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem(cert_file));
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem(ca_file));
  return grpc::SslCredentials(options);
}

}  // namespace portico::rpc
