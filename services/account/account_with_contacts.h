#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>

#include "libs/base/clock.h"
#include "libs/rpc/metrics.h"
#include "portico/account/v1/account.pb.h"
#include "services/account/contact_client.h"
#include "services/account/pending_contacts.h"
#include "services/account/stores.h"

namespace portico::account {

// Creates accounts with their contacts, which are the contact service's: these are kept here
// with their account until that service has made them, once, whatever ends meanwhile.
// Thread-safe.
class AccountWithContacts {
 public:
  AccountWithContacts(Stores& stores, PendingContactsStore& pending, ContactClient& contacts,
                      rpc::Metrics& metrics, const Clock& clock)
      : stores_(stores), pending_(pending), contacts_(contacts), metrics_(metrics), clock_(clock) {}

  // For `caller`, the subject. Answers the contacts, too, if the contact service makes them in
  // time. A repeated request id with the same content answers what was created the first time.
  // INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION: the account or a contact cannot be;
  // nothing was created. With reason CONTACTS_REFUSED: a contact cannot be since another is that
  // was not there when they were checked; the account was created, its id is in the metadata
  // (account_id).
  // UNAVAILABLE: the contact service is away; nothing was created.
  absl::StatusOr<v1::CreateAccountWithContactsResponse> Create(
      const v1::CreateAccountWithContactsRequest& request, const std::string& caller);

  // The step of a BackgroundLoop: has contacts made whose request did not, and answers how long
  // to rest. Several processes may do so at once.
  absl::Duration Sweep();

 private:
  struct Ensured {
    std::string account_id;
    bool is_earlier = false;  // Of an earlier request like it.
  };
  absl::StatusOr<Ensured> EnsureAccount(const v1::CreateAccountWithContactsRequest& request,
                                        const std::string& caller);
  // Lets go of the contacts. Storage's errors.
  absl::Status Refuse(const std::string& account_id, const absl::Status& why);

  Stores& stores_;
  PendingContactsStore& pending_;
  ContactClient& contacts_;
  rpc::Metrics& metrics_;
  const Clock& clock_;
};

}  // namespace portico::account
