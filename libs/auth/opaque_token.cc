#include "libs/auth/opaque_token.h"

#include <absl/strings/escaping.h>

#include "libs/auth/encoding.h"
#include "libs/base/random.h"
#include "libs/base/sha256.h"

namespace portico::auth {
namespace {

constexpr size_t kTokenBytes = 32;

}  // namespace

OpaqueToken NewOpaqueToken() {
  std::string token = EncodeBase64Url(RandomBytes(kTokenBytes));
  std::string hash = HashOpaqueToken(token);
  return {.token = Secret(std::move(token)), .hash = std::move(hash)};
}

std::string HashOpaqueToken(std::string_view token) {
  return absl::BytesToHexString(Sha256(token));
}

bool IsOpaqueToken(std::string_view text) {
  const std::optional<std::string> bytes = DecodeBase64Url(text);
  return bytes.has_value() && bytes->size() == kTokenBytes;
}

}  // namespace portico::auth
