#include "libs/auth/sealer.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_split.h>
#include <sodium.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/auth/encoding.h"
#include "libs/auth/init_sodium.h"
#include "libs/base/random.h"
#include "libs/base/status_macros.h"
#include "libs/settings/read_file.h"

namespace portico::auth {
namespace {

constexpr size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// The id ends at the first dot of a sealed text, so it holds none.
bool IsKeyId(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

}  // namespace

absl::StatusOr<Sealer> Sealer::FromFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, settings::ReadFile(path));
  absl::StatusOr<Sealer> sealer = FromText(Secret(std::move(text)));
  if (!sealer.ok()) {
    return absl::InvalidArgumentError('"' + path + "\": " + std::string(sealer.status().message()));
  }
  return sealer;
}

absl::StatusOr<Sealer> Sealer::FromText(const Secret& lines) {
  std::vector<Key> keys;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(lines.Reveal(), '\n')) {
    ++number;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) continue;
    std::optional<std::string> bytes;
    if (words.size() == 2 && IsKeyId(words[0])) {
      bytes = DecodeBase64(words[1]);
    }
    if (!bytes.has_value() || bytes->size() != kKeyBytes) {
      return absl::InvalidArgumentError("line " + std::to_string(number) +
                                        ": want a key id and 32 bytes in base64");
    }
    keys.push_back({words[0], Secret(*std::move(bytes))});
  }
  if (keys.empty()) return absl::InvalidArgumentError("want at least one key");
  return Sealer(std::move(keys));
}

Sealer::Sealer(std::vector<Key> keys) : keys_(std::move(keys)) { InitSodium(); }

std::string Sealer::Seal(const Secret& secret, std::string_view context) const {
  const Key& key = keys_.front();
  const std::string nonce = RandomBytes(kNonceBytes);
  const std::string& plain = secret.Reveal();
  std::string box(plain.size() + kTagBytes, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(box), nullptr, Bytes(plain), plain.size(),
                                             Bytes(context), context.size(), nullptr, Bytes(nonce),
                                             Bytes(key.bytes.Reveal()));
  return key.id + '.' + EncodeBase64Url(nonce + box);
}

absl::StatusOr<Secret> Sealer::Open(std::string_view sealed, std::string_view context) const {
  const size_t dot = sealed.find('.');
  const std::string_view id = sealed.substr(0, dot);
  if (dot == std::string_view::npos || !IsKeyId(id)) {
    return absl::DataLossError("the sealed text is damaged");
  }
  const auto key = std::find_if(keys_.begin(), keys_.end(),
                                [id](const Key& candidate) { return candidate.id == id; });
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

Secret NewSealKeyLine() {
  const std::string id = "k-" + absl::BytesToHexString(RandomBytes(4));
  return Secret(id + ' ' + EncodeBase64(RandomBytes(kKeyBytes)) + '\n');
}

}  // namespace portico::auth
