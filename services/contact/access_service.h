#pragma once

#include "libs/rpc/server.h"
#include "services/contact/access_store.h"

namespace portico::contact {

// Serves the questions of portico.contact.v1.ContactService about who may see what.
class AccessService {
 public:
  explicit AccessService(AccessStore& access) : access_(access) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<v1::CheckAccessResponse> CheckAccess(rpc::Call& call,
                                                      const v1::CheckAccessRequest& request);
  absl::StatusOr<v1::BatchCheckAccessResponse> BatchCheckAccess(
      rpc::Call& call, const v1::BatchCheckAccessRequest& request);

  AccessStore& access_;
};

}  // namespace portico::contact
