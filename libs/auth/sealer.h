#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/auth/key_lines.h"
#include "libs/auth/signer.h"
#include "libs/base/secret.h"

namespace portico::auth {

// Seals small secrets for storage (XChaCha20-Poly1305). Its keys are lines of key_lines.h: the
// first seals and every one opens. Thread-safe.
class Sealer {
 public:
  // Errors as of key_lines.h.
  static absl::StatusOr<Sealer> FromFile(const std::string& path);
  static absl::StatusOr<Sealer> FromText(const Secret& lines);

  // `context` says what the secret belongs to, such as a message's id, and must be given
  // again to open it: text moved elsewhere does not open.
  std::string Seal(const Secret& secret, std::string_view context) const;

  // FAILED_PRECONDITION: sealed with a key that is not there.
  // DATA_LOSS: the text is damaged, or belongs to another context.
  absl::StatusOr<Secret> Open(std::string_view sealed, std::string_view context) const;

  // Signs by keys made from this one's.
  Signer MakeSigner(std::string_view label) const { return Signer::Derive(keys_, label); }

 private:
  explicit Sealer(std::vector<NamedKey> keys);

  std::vector<NamedKey> keys_;
};

}  // namespace portico::auth
