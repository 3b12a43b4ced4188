#pragma once

#include <cstddef>
#include <string>

namespace portico {

// `count` bytes from the kernel's cryptographic generator.
std::string RandomBytes(size_t count);

// A number in [0, 1), for jitter; not for secrets.
double RandomFraction();

}  // namespace portico
