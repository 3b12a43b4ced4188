#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <vector>

#include "libs/rpc/server.h"
#include "portico/account/v1/setup.pb.h"
#include "services/account/stores.h"

namespace portico::account {

// Serves portico.account.v1.SetupService.
class SetupService {
 public:
  class KindHandlers;  // The RPCs of one kind of setup.

  explicit SetupService(Stores& stores);
  ~SetupService();

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::GetPortalOptionsResponse> GetPortalOptions(
      rpc::Call& call, const v1::GetPortalOptionsRequest& request);
  absl::StatusOr<v1::UpdatePortalOptionsResponse> UpdatePortalOptions(
      rpc::Call& call, const v1::UpdatePortalOptionsRequest& request);

  PortalOptionsStore& portal_options_;
  std::vector<std::unique_ptr<KindHandlers>> kinds_;
};

}  // namespace portico::account
