#pragma once

#include <string>
#include <vector>

namespace portico::auth {

// All that staff can be allowed, as the protos name it.
const std::vector<std::string>& StaffPermissions();

// The most that each service's own tokens may do: what its code calls, and no more.
// Every process has an entry.
struct ServiceCeiling {
  std::string service;
  std::vector<std::string> permissions;
};
const std::vector<ServiceCeiling>& ServiceCeilings();

}  // namespace portico::auth
