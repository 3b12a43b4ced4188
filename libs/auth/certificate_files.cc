#include "libs/auth/certificate_files.h"

#include <absl/strings/str_cat.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>
#include <vector>

#include "libs/auth/openssl_handle.h"
#include "libs/base/status_macros.h"
#include "libs/log/log.h"
#include "libs/settings/read_file.h"

namespace portico::auth {
namespace {

using CertificateHandle = std::unique_ptr<X509, OpensslFree<X509_free>>;

constexpr absl::Duration kRest = absl::Seconds(1);

absl::StatusOr<std::string> Read(const std::string& path) {
  absl::StatusOr<std::string> text = settings::ReadFile(path);
  if (!text.ok()) return absl::UnavailableError(text.status().message());
  return text;
}

absl::Status Unusable(const std::string& path, absl::string_view want) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(path, ": want ", want));
}

// Every certificate of a PEM text, the first one first. Empty when one of them is cut short.
std::vector<CertificateHandle> ParseChain(const std::string& pem) {
  std::vector<CertificateHandle> chain;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
  }
  // At the end there is no further beginning; anything else is broken.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) chain.clear();
  ERR_clear_error();
  return chain;
}

KeyHandle ParseKey(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An encrypted key would ask for its password on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
}

absl::StatusOr<Certificates> Load(const Certificates& files) {
  Certificates loaded;
  ASSIGN_OR_RETURN(loaded.cert, Read(files.cert));
  ASSIGN_OR_RETURN(loaded.key, Read(files.key));
  const std::vector<CertificateHandle> chain = ParseChain(loaded.cert);
  if (chain.empty()) return Unusable(files.cert, "a certificate in PEM form");
  const KeyHandle key = ParseKey(loaded.key);
  if (key == nullptr) return Unusable(files.key, "a private key in PEM form, not encrypted");
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return Unusable(files.key, absl::StrCat("the private key of the certificate in ", files.cert));
  }
  if (files.ca.empty()) return loaded;
  ASSIGN_OR_RETURN(loaded.ca, Read(files.ca));
  if (ParseChain(loaded.ca).empty()) return Unusable(files.ca, "certificates in PEM form");
  return loaded;
}

}  // namespace

CertificateFiles::CertificateFiles(Certificates files, Changed changed)
    : files_(std::move(files)), changed_(std::move(changed)) {}

absl::StatusOr<std::unique_ptr<CertificateFiles>> CertificateFiles::Open(Certificates files,
                                                                         Changed changed) {
  std::unique_ptr<CertificateFiles> opened(
      new CertificateFiles(std::move(files), std::move(changed)));
  {
    absl::MutexLock lock(&opened->mutex_);
    ASSIGN_OR_RETURN(opened->current_, Load(opened->files_));
    opened->changed_(opened->current_);
  }
  opened->looking_ = std::make_unique<BackgroundLoop>(
      "certificates", [watched = opened.get()] { return watched->Look(); });
  return opened;
}

absl::Duration CertificateFiles::Look() {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Certificates> loaded = Load(files_);
  if (!loaded.ok()) {
    // Once: while it is replaced one file after the other, or until somebody mends it.
    if (told_ != loaded.status().message()) {
      told_ = std::string(loaded.status().message());
      log::Warn("new certificates cannot be used yet", {{"error", told_}});
    }
    return kRest;
  }
  told_.clear();
  if (*loaded == current_) return kRest;
  current_ = *std::move(loaded);
  changed_(current_);
  log::Info("certificates are replaced", {{"file", files_.cert}});
  return kRest;
}

}  // namespace portico::auth
