#include "services/registration/user_id.h"

#include <absl/strings/ascii.h>

#include <algorithm>

namespace portico::registration {

bool IsValidUserId(std::string_view user_id) {
  return user_id.size() >= 3 && user_id.size() <= 64 &&
         std::all_of(user_id.begin(), user_id.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) ||
                  std::string_view("._-@+").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

std::string UserIdKey(std::string_view user_id) {
  return absl::AsciiStrToLower({user_id.data(), user_id.size()});
}

}  // namespace portico::registration
