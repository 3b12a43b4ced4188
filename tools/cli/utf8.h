#pragma once

#include <string_view>

namespace portico::cli {

// Whether `text` is UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace portico::cli
