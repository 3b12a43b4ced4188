#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <vector>

#include "portico/account/v1/account.pb.h"
#include "services/account/stores.h"

namespace portico::account {

// Finds sites by their addresses. Thread-safe.
class SiteAddresses {
 public:
  explicit SiteAddresses(Stores& stores) : stores_(stores) {}

  // The sites with the AddressKey of `address`, 100 at most; none where it has no key.
  absl::StatusOr<std::vector<v1::Site>> Find(const v1::Address& address);

  // The step of a BackgroundLoop: gives their keys to sites that a release without keys wrote,
  // and answers how long to rest.
  absl::Duration Refresh();

 private:
  Stores& stores_;
};

}  // namespace portico::account
