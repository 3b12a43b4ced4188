#include "services/invitation/fake_peers.h"

namespace portico::invitation {

using namespace portico::account::v1;
using namespace portico::contact::v1;

FakePeers::FakePeers() {
  service_.server().Handle(this, &FakePeers::BatchGetAccounts);
  service_.server().Handle(this, &FakePeers::BatchGetContacts);
  service_.Start();
}

void FakePeers::ChangeAccounts(std::function<void(AccountAnswer&)> change) {
  absl::MutexLock lock(&mutex_);
  change_ = std::move(change);
}

void FakePeers::FailAccounts(absl::Status with) {
  absl::MutexLock lock(&mutex_);
  account_failure_ = std::move(with);
}

void FakePeers::FailContacts(absl::Status with) {
  absl::MutexLock lock(&mutex_);
  contact_failure_ = std::move(with);
}

void FakePeers::PutContact(const Contact& contact) {
  absl::MutexLock lock(&mutex_);
  contacts_[contact.id()] = contact;
}

int FakePeers::account_calls() {
  absl::MutexLock lock(&mutex_);
  return account_calls_;
}

absl::StatusOr<BatchGetAccountsResponse> FakePeers::BatchGetAccounts(
    rpc::Call&, const BatchGetAccountsRequest& request) {
  absl::MutexLock lock(&mutex_);
  ++account_calls_;
  if (!account_failure_.ok()) return account_failure_;
  BatchGetAccountsResponse response;
  for (const std::string& id : request.ids()) {
    Account& account = *response.add_accounts();
    account.set_id(id);
    account.set_number("4941");
    account.set_display_name("Renovation Gym");
    account.set_division_id("div_north");
    account.set_account_class_id("cls_commercial");
    account.set_status(ACCOUNT_STATUS_ACTIVE);
  }
  AccountClass& account_class = *response.add_account_classes();
  account_class.set_id("cls_commercial");
  account_class.mutable_portal()->set_access_enabled(true);
  account_class.mutable_portal()->set_auto_send_invitation(true);
  Division& division = *response.add_divisions();
  division.set_id("div_north");
  division.set_display_name("North");
  division.set_email("north@hauler.example");
  response.mutable_portal_options()->set_portal_url("https://portal.hauler.example/");
  change_(response);
  return response;
}

absl::StatusOr<BatchGetContactsResponse> FakePeers::BatchGetContacts(
    rpc::Call&, const BatchGetContactsRequest& request) {
  absl::MutexLock lock(&mutex_);
  if (!contact_failure_.ok()) return contact_failure_;
  BatchGetContactsResponse response;
  for (const std::string& id : request.ids()) {
    const auto found = contacts_.find(id);
    if (found != contacts_.end()) *response.add_contacts() = found->second;
  }
  return response;
}

}  // namespace portico::invitation
