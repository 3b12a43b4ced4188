#pragma once

#include <string>
#include <string_view>

namespace portico {

// SHA-256 of `bytes`: 32 bytes.
std::string Sha256(std::string_view bytes);

}  // namespace portico
