#include "libs/rpc/credentials.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "libs/auth/certificate_files.h"
#include "libs/base/status_macros.h"

namespace portico::rpc {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kLookSeconds = 1;

// A file in memory, which a reader sees as it was or as it is, never half.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(Make("")) {}
  // Its descriptor stays open: gRPC may look at it for a while after its last user is gone, and
  // must not find another file there.

  std::string path() const { return absl::StrCat("/proc/self/fd/", descriptor_); }

  void Replace(std::string_view text) {
    const int next = Make(text);
    if (dup3(next, descriptor_, O_CLOEXEC) != descriptor_) std::abort();
    close(next);
  }

 private:
  // It fails only for want of memory or descriptors.
  static int Make(std::string_view text) {
    const int descriptor = memfd_create("portico-certificates", MFD_CLOEXEC);
    if (descriptor < 0) std::abort();
    if (write(descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      std::abort();
    }
    return descriptor;
  }

  const int descriptor_;
};

}  // namespace

// gRPC reloads files, but takes a key and a certificate that do not fit one another. So it is
// shown copies, in memory, of what has been checked.
class Credentials::Reloading {
 public:
  absl::Status Open(const settings::TlsSettings& settings) {
    ASSIGN_OR_RETURN(files_, auth::CertificateFiles::Open(
                                 {settings.cert_file, settings.key_file, settings.ca_file},
                                 [this](const auth::Certificates& current) {
                                   // In one file, so that both change at once.
                                   identity_.Replace(absl::StrCat(current.cert, "\n", current.key));
                                   authority_.Replace(current.ca);
                                 }));
    provider_ = std::make_shared<tls::FileWatcherCertificateProvider>(
        identity_.path(), identity_.path(), authority_.path(), kLookSeconds);
    return absl::OkStatus();
  }

  std::shared_ptr<grpc::ServerCredentials> ForServer() const {
    tls::TlsServerCredentialsOptions options(provider_);
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    return tls::TlsServerCredentials(options);
  }

  std::shared_ptr<grpc::ChannelCredentials> ForChannel() const {
    tls::TlsChannelCredentialsOptions options;
    options.set_certificate_provider(provider_);
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_certificate_verifier(std::make_shared<tls::HostNameCertificateVerifier>());
    return tls::TlsCredentials(options);
  }

 private:
  MemoryFile identity_, authority_;
  std::unique_ptr<auth::CertificateFiles> files_;
  std::shared_ptr<tls::FileWatcherCertificateProvider> provider_;
};

Credentials::Credentials(std::unique_ptr<Reloading> reloading) : reloading_(std::move(reloading)) {}
Credentials::~Credentials() = default;

absl::StatusOr<std::unique_ptr<Credentials>> Credentials::Open(
    const settings::TlsSettings& settings) {
  if (!settings.enabled()) return std::unique_ptr<Credentials>(new Credentials(nullptr));
  auto reloading = std::make_unique<Reloading>();
  RETURN_IF_ERROR(reloading->Open(settings));
  return std::unique_ptr<Credentials>(new Credentials(std::move(reloading)));
}

std::shared_ptr<grpc::ServerCredentials> Credentials::ForServer() const {
  return reloading_ == nullptr ? grpc::InsecureServerCredentials() : reloading_->ForServer();
}

std::shared_ptr<grpc::ChannelCredentials> Credentials::ForChannel() const {
  return reloading_ == nullptr ? grpc::InsecureChannelCredentials() : reloading_->ForChannel();
}

}  // namespace portico::rpc
