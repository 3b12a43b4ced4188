#include "libs/auth/sealer.h"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/auth/init_sodium.h"
#include "libs/base/random.h"
#include "libs/base/status_macros.h"

namespace portico::auth {
namespace {

static_assert(NamedKey::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

absl::StatusOr<Sealer> Sealer::FromFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::vector<NamedKey> keys, ReadKeyLines(path));
  return Sealer(std::move(keys));
}

absl::StatusOr<Sealer> Sealer::FromText(const Secret& lines) {
  ASSIGN_OR_RETURN(std::vector<NamedKey> keys, ParseKeyLines(lines));
  return Sealer(std::move(keys));
}

Sealer::Sealer(std::vector<NamedKey> keys) : keys_(std::move(keys)) { InitSodium(); }

std::string Sealer::Seal(const Secret& secret, std::string_view context) const {
  const NamedKey& key = keys_.front();
  const std::string nonce = RandomBytes(kNonceBytes);
  const std::string& plain = secret.Reveal();
  std::string box(plain.size() + kTagBytes, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(box), nullptr, Bytes(plain), plain.size(),
                                             Bytes(context), context.size(), nullptr, Bytes(nonce),
                                             Bytes(key.bytes.Reveal()));
  return key.id + '.' + EncodeBase64Url(nonce + box);
}

absl::StatusOr<Secret> Sealer::Open(std::string_view sealed, std::string_view context) const {
  // A key's id holds no dot.
  const size_t dot = sealed.find('.');
  const std::string_view id = sealed.substr(0, dot);
  if (dot == std::string_view::npos || !IsKeyId(id)) {
    return absl::DataLossError("the sealed text is damaged");
  }
  const auto key = std::find_if(keys_.begin(), keys_.end(),
                                [id](const NamedKey& candidate) { return candidate.id == id; });
  if (key == keys_.end()) {
    return absl::FailedPreconditionError("the key \"" + std::string(id) +
                                         "\" that sealed this is not there");
  }
  const std::optional<std::string> bytes = DecodeBase64Url(sealed.substr(dot + 1));
  if (!bytes.has_value() || bytes->size() < kNonceBytes + kTagBytes) {
    return absl::DataLossError("the sealed text is damaged");
  }
  const std::string_view nonce = std::string_view(*bytes).substr(0, kNonceBytes);
  const std::string_view box = std::string_view(*bytes).substr(kNonceBytes);
  std::string plain(box.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(plain), nullptr, nullptr, Bytes(box),
                                                 box.size(), Bytes(context), context.size(),
                                                 Bytes(nonce), Bytes(key->bytes.Reveal())) != 0) {
    return absl::DataLossError("the sealed text is damaged or belongs elsewhere");
  }
  return Secret(std::move(plain));
}

}  // namespace portico::auth
