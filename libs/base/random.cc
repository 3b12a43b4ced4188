#include "libs/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>

namespace portico {
namespace {

void Fill(char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t got = getrandom(bytes, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // Linux has had getrandom since 3.17; without it no token is safe.
    }
    bytes += got;
    count -= static_cast<size_t>(got);
  }
}

// The kernel's bytes, fetched for several ids at a time: a call costs more than
// these bytes do. What has been given out is not kept. Our processes never fork.
class Reserve {
 public:
  static constexpr size_t kSize = 512;

  std::string Take(size_t count) {
    if (left_ < count) {
      Fill(bytes_, kSize);
      left_ = kSize;
    }
    left_ -= count;
    std::string taken(bytes_ + left_, count);
    explicit_bzero(bytes_ + left_, count);
    return taken;
  }

 private:
  char bytes_[kSize];
  size_t left_ = 0;
};

}  // namespace

std::string RandomBytes(size_t count) {
  thread_local Reserve reserve;
  if (count <= Reserve::kSize / 8) return reserve.Take(count);
  std::string bytes(count, '\0');
  Fill(bytes.data(), count);
  return bytes;
}

double RandomFraction() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace portico
