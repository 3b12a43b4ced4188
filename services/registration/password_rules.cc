#include "services/registration/password_rules.h"

#include <algorithm>

#include "services/registration/user_id.h"

namespace portico::registration {
namespace {

size_t CodePoints(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](unsigned char byte) {
    return (byte & 0xC0) != 0x80;  // No continuation.
  }));
}

}  // namespace

std::optional<std::string_view> PasswordFault(std::string_view password, std::string_view user_id,
                                              const CommonPasswords& common) {
  const size_t length = CodePoints(password);
  if (length < kMinPasswordLength || length > kMaxPasswordLength) {
    return "want 8 to 128 characters";
  }
  if (UserIdKey(password) == UserIdKey(user_id)) return "want another than the user ID";
  if (common.Contains(password)) return "got one that everybody guesses first, want a rarer one";
  return std::nullopt;
}

}  // namespace portico::registration
