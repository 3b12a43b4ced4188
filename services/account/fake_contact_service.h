#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <absl/strings/str_cat.h>

#include <map>
#include <string>
#include <vector>

#include "libs/rpc/errors.h"
#include "libs/rpc/server.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::account {

// Stands in for the contact service (ServerOptions::is_stand_in): creates contacts, once for each
// request id, and refuses those whose e-mail address is "x@". Thread-safe.
class FakeContactService {
 public:
  using Request = contact::v1::CreateContactsRequest;
  using Response = contact::v1::CreateContactsResponse;

  void Register(rpc::Server& server) { server.Handle(this, &FakeContactService::CreateContacts); }

  // From now on calls fail so before they do something, or after they have; OK again: they do
  // not. `real` ones only: those that check are answered.
  void FailBefore(absl::Status with) {
    absl::MutexLock lock(&mutex_);
    fail_before_ = std::move(with);
  }
  void FailRealBefore(absl::Status with) {
    absl::MutexLock lock(&mutex_);
    fail_real_before_ = std::move(with);
  }
  // As the real one where somebody took the external id of the contact just before.
  void RefuseExternalId(int contact) {
    const std::string field = absl::StrCat("contacts[", contact, "].external_id");
    absl::Status refusal = rpc::ErrorWithReason(
        absl::StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN",
        absl::StrCat(field, ": got \"erp-7\", which is that of con_7"), {{"field", field}});
    FailRealBefore(std::move(refusal));
  }
  void FailRealAfter(absl::Status with) {
    absl::MutexLock lock(&mutex_);
    fail_real_after_ = std::move(with);
  }

  // What was created, in order.
  std::vector<contact::v1::Contact> contacts() {
    absl::MutexLock lock(&mutex_);
    std::vector<contact::v1::Contact> all;
    for (const auto& [id, made] : made_) {
      all.insert(all.end(), made.contacts().begin(), made.contacts().end());
    }
    return all;
  }
  // All requests that were not only to check.
  std::vector<Request> requests() {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  absl::StatusOr<Response> CreateContacts(rpc::Call&, const Request& request) {
    absl::MutexLock lock(&mutex_);
    if (!fail_before_.ok()) return fail_before_;
    for (int i = 0; i < request.contacts_size(); ++i) {
      if (request.contacts(i).email() != "x@") continue;
      return rpc::InvalidField("contacts[" + std::to_string(i) + "].email",
                               "got \"x@\", want an e-mail address");
    }
    if (request.validate_only()) return Response();
    if (!fail_real_before_.ok()) return fail_real_before_;
    requests_.push_back(request);
    const auto [made, is_new] = made_.try_emplace(request.request_id());
    for (const contact::v1::Contact& wanted : request.contacts()) {
      if (!is_new) break;
      contact::v1::Contact& contact = *made->second.add_contacts();
      contact = wanted;
      contact.set_id("con_" + std::to_string(++last_));
      contact.set_account_id(request.account_id());
    }
    if (!fail_real_after_.ok()) return fail_real_after_;
    return made->second;
  }

  absl::Mutex mutex_;
  absl::Status fail_before_ ABSL_GUARDED_BY(mutex_);
  absl::Status fail_real_before_ ABSL_GUARDED_BY(mutex_);
  absl::Status fail_real_after_ ABSL_GUARDED_BY(mutex_);
  int last_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Request> requests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Response> made_ ABSL_GUARDED_BY(mutex_);  // By request id.
};

}  // namespace portico::account
