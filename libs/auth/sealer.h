#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/secret.h"

namespace portico::auth {

// Seals small secrets for storage (XChaCha20-Poly1305). The keys are lines of
// `<key id> <base64 of 32 bytes>`: the first seals and every one opens, so that a key
// is replaced by putting a new line before it, and dropped when nothing is sealed
// with it any more. Thread-safe.
class Sealer {
 public:
  // The error names the file and line, never what stands there.
  static absl::StatusOr<Sealer> FromFile(const std::string& path);
  static absl::StatusOr<Sealer> FromText(const Secret& lines);

  // `context` says what the secret belongs to, such as a message's id, and must be given
  // again to open it: text moved elsewhere does not open.
  std::string Seal(const Secret& secret, std::string_view context) const;

  // FAILED_PRECONDITION: sealed with a key that is not there.
  // DATA_LOSS: the text is damaged, or belongs to another context.
  absl::StatusOr<Secret> Open(std::string_view sealed, std::string_view context) const;

 private:
  struct Key {
    std::string id;
    Secret bytes;
  };

  explicit Sealer(std::vector<Key> keys);

  std::vector<Key> keys_;
};

// A line with a new key.
Secret NewSealKeyLine();

}  // namespace portico::auth
