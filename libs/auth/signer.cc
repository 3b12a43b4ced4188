#include "libs/auth/signer.h"

#include <sodium.h>

#include <utility>

#include "libs/auth/init_sodium.h"
#include "libs/base/status_macros.h"

namespace portico::auth {
namespace {

static_assert(NamedKey::kBytes == crypto_auth_hmacsha256_KEYBYTES);
static_assert(Signer::kSignatureBytes == crypto_auth_hmacsha256_BYTES);

std::string SignatureBy(const NamedKey& key, std::string_view text, std::string_view purpose) {
  // The NUL keeps text from passing for the end of a purpose.
  std::string signed_text(purpose);
  signed_text += '\0';
  signed_text += text;
  std::string signature(Signer::kSignatureBytes, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(signature.data()),
                         reinterpret_cast<const unsigned char*>(signed_text.data()),
                         signed_text.size(),
                         reinterpret_cast<const unsigned char*>(key.bytes.Reveal().data()));
  return signature;
}

}  // namespace

absl::StatusOr<Signer> Signer::FromFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::vector<NamedKey> keys, ReadKeyLines(path));
  return Signer(std::move(keys));
}

absl::StatusOr<Signer> Signer::FromText(const Secret& lines) {
  ASSIGN_OR_RETURN(std::vector<NamedKey> keys, ParseKeyLines(lines));
  return Signer(std::move(keys));
}

Signer Signer::Derive(const std::vector<NamedKey>& keys, std::string_view label) {
  InitSodium();
  std::vector<NamedKey> derived;
  for (const NamedKey& key : keys) {
    derived.push_back({.id = key.id, .bytes = Secret(SignatureBy(key, label, "derived key"))});
  }
  return Signer(std::move(derived));
}

Signer::Signer(std::vector<NamedKey> keys) : keys_(std::move(keys)) { InitSodium(); }

std::string Signer::Sign(std::string_view text, std::string_view purpose) const {
  return SignatureBy(keys_.front(), text, purpose);
}

bool Signer::Verify(std::string_view text, std::string_view purpose,
                    std::string_view signature) const {
  bool verified = false;
  for (const NamedKey& key : keys_) {
    verified |= EqualInConstantTime(SignatureBy(key, text, purpose), signature);
  }
  return verified;
}

std::vector<std::string> Signer::Signatures(std::string_view text, std::string_view purpose) const {
  std::vector<std::string> signatures;
  for (const NamedKey& key : keys_) signatures.push_back(SignatureBy(key, text, purpose));
  return signatures;
}

}  // namespace portico::auth
