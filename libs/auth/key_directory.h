#pragma once

#include <absl/status/status.h>

#include <string>

namespace portico::auth {

// Makes what a directory of keys lacks, and the directory itself:
//   staff.pem, jwks.json               signs staff tokens, and verifies them
//   <service>.pem, services.jwks.json  the same for each service, with its ceiling
//   seal.key                           seals tokens that wait in unsent messages
// Private files can be read by their owner only. Nothing that is there is changed,
// so it may be called at every start, and by several processes at once.
//
// FAILED_PRECONDITION: a private key is gone or new while the published set that was
// made with it is still there; the message says which file to remove.
absl::Status EnsureKeys(const std::string& directory);

}  // namespace portico::auth
