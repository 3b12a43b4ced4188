#pragma once

#include <string_view>

namespace portico::settings {

// What --version prints, and the API's description states.
inline constexpr std::string_view kVersion = "1.0";

}  // namespace portico::settings
