#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libs/auth/key_lines.h"
#include "libs/base/secret.h"

namespace portico::auth {

// Signs what others bring back later (HMAC-SHA256), so that none of them can change it or make
// it up. Its keys are lines of key_lines.h: the first signs and every one verifies. Thread-safe.
class Signer {
 public:
  static constexpr size_t kSignatureBytes = 32;

  // Errors as of key_lines.h.
  static absl::StatusOr<Signer> FromFile(const std::string& path);
  static absl::StatusOr<Signer> FromText(const Secret& lines);

  // By keys made from `keys`, so that those can serve for something else as well; `label` says what
  // these are for.
  static Signer Derive(const std::vector<NamedKey>& keys, std::string_view label);

  // `purpose` tells signatures of one kind from those of another; it holds no NUL.
  std::string Sign(std::string_view text, std::string_view purpose) const;

  // Whether one of the keys signed `text` so. Takes as long whatever is wrong.
  bool Verify(std::string_view text, std::string_view purpose, std::string_view signature) const;

  // By each of the keys, the one in use first: for signatures that are shortened to be carried.
  std::vector<std::string> Signatures(std::string_view text, std::string_view purpose) const;

 private:
  explicit Signer(std::vector<NamedKey> keys);

  std::vector<NamedKey> keys_;
};

}  // namespace portico::auth
