#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <vector>

#include "libs/rpc/peer.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::account {

// The contact service, as accounts need it. Thread-safe.
class ContactClient {
 public:
  explicit ContactClient(rpc::Peer& peer) : peer_(peer) {}

  // Creates the contacts of a new account, all or none, or says whether they could be.
  // A refusal (see IsRefusal) is about the contacts, as ContactService.CreateContacts says.
  // AreMade: somebody else's request has made contacts for this account.
  // UNAVAILABLE: it may work later; the cause is logged.
  absl::StatusOr<std::vector<contact::v1::Contact>> Create(
      const contact::v1::CreateContactsRequest& request);

  static bool IsRefusal(const absl::Status& status);
  static bool AreMade(const absl::Status& status);

 private:
  rpc::Peer& peer_;
};

}  // namespace portico::account
