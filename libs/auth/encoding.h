#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portico::auth {

// Base 64 of RFC 4648: section 4 with padding, and section 5 (URL) without. Decoding
// is strict: nullopt for blanks, wrong padding and left-over bits.
std::string EncodeBase64(std::string_view bytes);
std::optional<std::string> DecodeBase64(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace portico::auth
