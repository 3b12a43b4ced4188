#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <string>

#include "libs/rpc/server.h"
#include "libs/testing/test_service.h"
#include "portico/account/v1/account.pb.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::invitation {

// For tests: the account and the contact service over the wire, as far as this
// service calls them. Thread-safe.
class FakePeers {
 public:
  FakePeers();

  // Changes what the account service answers, from its set-up of one active
  // account of each id that is asked for.
  using AccountAnswer = portico::account::v1::BatchGetAccountsResponse;
  void ChangeAccounts(std::function<void(AccountAnswer&)> change) ABSL_LOCKS_EXCLUDED(mutex_);
  // The calls to one service fail so; OK again: they do not.
  void FailAccounts(absl::Status with) ABSL_LOCKS_EXCLUDED(mutex_);
  void FailContacts(absl::Status with) ABSL_LOCKS_EXCLUDED(mutex_);

  void PutContact(const portico::contact::v1::Contact& contact) ABSL_LOCKS_EXCLUDED(mutex_);

  int account_calls() ABSL_LOCKS_EXCLUDED(mutex_);

  testing::TestService& service() { return service_; }

 private:
  absl::StatusOr<AccountAnswer> BatchGetAccounts(
      rpc::Call& call, const portico::account::v1::BatchGetAccountsRequest& request);
  absl::StatusOr<portico::contact::v1::BatchGetContactsResponse> BatchGetContacts(
      rpc::Call& call, const portico::contact::v1::BatchGetContactsRequest& request);
  testing::TestService service_{nullptr, {.is_stand_in = true}};
  absl::Mutex mutex_;
  std::function<void(AccountAnswer&)> change_ ABSL_GUARDED_BY(mutex_) = [](AccountAnswer&) {};
  absl::Status account_failure_ ABSL_GUARDED_BY(mutex_);
  absl::Status contact_failure_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, portico::contact::v1::Contact> contacts_ ABSL_GUARDED_BY(mutex_);
  int account_calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace portico::invitation
