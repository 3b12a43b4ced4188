#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "services/registration/common_passwords.h"

namespace portico::registration {

inline constexpr size_t kMinPasswordLength = 8;
inline constexpr size_t kMaxPasswordLength = 128;

// What is wrong with a new password, for an error that names its field, or
// nullopt. It has 8 to 128 characters (code points), is no common one and not
// the user ID; there are no composition rules. Never repeats the password.
std::optional<std::string_view> PasswordFault(std::string_view password, std::string_view user_id,
                                              const CommonPasswords& common);

}  // namespace portico::registration
