#pragma once

#include <string>
#include <string_view>

#include "libs/base/secret.h"

namespace portico::auth {

// A random token that its bearer proves something with, such as an invitation or a
// session. The token goes out once; only its hash is stored.
struct OpaqueToken {
  Secret token;      // 256 bits as 43 characters of base64url.
  std::string hash;  // As HashOpaqueToken gives it.
};

OpaqueToken NewOpaqueToken();

// SHA-256 in hex. No salt is needed: the token is random.
std::string HashOpaqueToken(std::string_view token);

// Whether `text` has the form of such a token, so that other text costs no look-up.
bool IsOpaqueToken(std::string_view text);

}  // namespace portico::auth
