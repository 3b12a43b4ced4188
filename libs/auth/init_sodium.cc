#include "libs/auth/init_sodium.h"

#include <sodium.h>

#include <cstdlib>

#include "libs/log/log.h"

namespace portico::auth {

void InitSodium() {
  static const bool ready = sodium_init() >= 0;
  if (ready) return;
  log::Error("libsodium cannot be initialized");
  std::abort();
}

}  // namespace portico::auth
