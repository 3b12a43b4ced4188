#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "libs/auth/jwks.h"
#include "libs/base/clock.h"

namespace portico::auth {

// Where an issuer's public keys come from, kept fresh without a restart. Once
// loaded, keys stay until better ones are there. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;

  // The present keys; null until they could first be loaded. Another pointer means
  // another content. Waits for no network.
  virtual std::shared_ptr<const KeySet> Keys() = 0;

  // Called when a token names a key that is not there. True when the keys are being
  // loaded anew because of it, so that the token may do a little later.
  virtual bool ReportUnknownKey() = 0;
};

// `location` is a file or an https URL; http only to this machine. It need not be
// there yet: a missing file or issuer is logged and tried again.
// INVALID_ARGUMENT: a URL of another kind.
absl::StatusOr<std::unique_ptr<KeySource>> OpenKeySource(const std::string& location,
                                                         const Clock& clock);

}  // namespace portico::auth
