#pragma once

#include "libs/rpc/peer.h"
#include "libs/rpc/server.h"
#include "services/contact/contact_upsert.h"

namespace portico::contact {

// Serves ContactService.ImportContacts.
class ImportService {
 public:
  ImportService(const ContactUpsert& upsert, rpc::Peer& account_service)
      : upsert_(upsert), account_service_(account_service) {}

  void Register(rpc::Server& server);

 private:
  absl::StatusOr<std::unique_ptr<rpc::Exchange>> ImportContacts(rpc::Call& call);

  const ContactUpsert& upsert_;
  rpc::Peer& account_service_;
};

}  // namespace portico::contact
