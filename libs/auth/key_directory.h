#pragma once

#include <absl/status/status.h>

#include <string>

namespace portico::auth {

// Makes what a directory of keys lacks, and the directory itself:
//   staff.pem, jwks.json               signs staff tokens, and verifies them
//   <service>.pem, services.jwks.json  the same for each service, with its ceiling
//   seal.key                           seals tokens that wait in unsent messages
//   enrollment.key                     signs the links in invoices
// Private files can be read by their owner only. No key that is there is changed. A
// published set is written anew, as a whole, when a release has other ceilings; keys
// of others that were put into it stay. So this may be called at every start, and by
// several processes at once.
//
// FAILED_PRECONDITION: a private key is gone or new while the published set that was
// made with it is still there; the message says which file to remove.
absl::Status EnsureKeys(const std::string& directory);

}  // namespace portico::auth
