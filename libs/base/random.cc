#include "libs/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <random>

namespace portico {

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  size_t filled = 0;
  while (filled < count) {
    const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // Linux has had getrandom since 3.17; without it no token is safe.
    }
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

double RandomFraction() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace portico
