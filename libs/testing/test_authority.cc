#include "libs/testing/test_authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace portico::testing {
namespace {

void Require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("OpenSSL failed");
}

std::shared_ptr<EVP_PKEY> NewKey() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

template <class Write>
std::string ToPem(Write write) {
  const std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  Require(write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

std::string ToPem(X509& certificate) {
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, &certificate); });
}

void Extend(X509& certificate, int name, const char* value) {
  const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, name, value), X509_EXTENSION_free);
  Require(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

std::shared_ptr<X509> Draft(EVP_PKEY& key, const std::string& name) {
  static std::atomic<long> serial = 0;
  std::shared_ptr<X509> draft(X509_new(), X509_free);
  X509_set_version(draft.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(draft.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(draft.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(draft.get()), 3600);
  X509_set_pubkey(draft.get(), &key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(draft.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return draft;
}

// The name differs from other authorities', or OpenSSL would take one for the other.
std::shared_ptr<X509> SelfSigned(EVP_PKEY& key) {
  static std::atomic<int> number = 0;
  std::shared_ptr<X509> made = Draft(key, "authority " + std::to_string(++number));
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  Extend(*made, NID_basic_constraints, "critical,CA:TRUE");
  Require(X509_sign(made.get(), &key, EVP_sha256()) > 0);
  return made;
}

}  // namespace

TestAuthority::TestAuthority() : key_(NewKey()), certificate_(SelfSigned(*key_)) {}

std::string TestAuthority::certificate() const { return ToPem(*certificate_); }

TestCertificate TestAuthority::Issue() const {
  const std::shared_ptr<EVP_PKEY> key = NewKey();
  const std::shared_ptr<X509> made = Draft(*key, "localhost");
  X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
  Extend(*made, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  Require(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return {ToPem(*made), ToPem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace portico::testing
