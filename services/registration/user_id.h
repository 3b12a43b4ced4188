#pragma once

#include <string>
#include <string_view>

namespace portico::registration {

// Whether `user_id` is 3 to 64 of the letters a-z and A-Z, digits and . _ - @ +.
bool IsValidUserId(std::string_view user_id);

// What user IDs are told apart by: they are unique in whatever case.
std::string UserIdKey(std::string_view user_id);

}  // namespace portico::registration
