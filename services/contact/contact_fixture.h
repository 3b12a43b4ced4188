#pragma once

#include <google/protobuf/util/field_mask_util.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "libs/events/subscription.h"
#include "libs/rpc/errors.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/temp_database.h"
#include "libs/testing/test_service.h"
#include "migrations/contact.h"
#include "migrations/events.h"
#include "migrations/storage.h"
#include "services/contact/access_service.h"
#include "services/contact/account_events.h"
#include "services/contact/contact_service.h"
#include "services/contact/fake_account_service.h"
#include "services/contact/import_service.h"
#include "services/contact/portal_events.h"
#include "services/contact/portal_state.h"
#include "services/contact/saved_view_service.h"

namespace portico::contact {

// The contact service as a process serves it, on a database of its own and with
// a stand-in for the account service, which has the accounts acc_gym (invoices by
// e-mail, with the site sit_downtown) and acc_cafe (none, with sit_cafe). It is
// made anew for each kind of database.
struct ContactFixture {
  static std::unique_ptr<rpc::Peer> Started(testing::TestService& service,
                                            FakeAccountService& fake) {
    for (const char* id : {"acc_gym", "acc_cafe"}) fake.accounts[id].set_id(id);
    fake.accounts["acc_gym"].set_invoice_delivery(account::v1::INVOICE_DELIVERY_EMAIL);
    fake.sites["sit_downtown"].set_account_id("acc_gym");
    fake.sites["sit_cafe"].set_account_id("acc_cafe");
    for (auto& [id, site] : fake.sites) site.set_id(id);
    fake.Register(service.server());
    service.Start();
    return std::unique_ptr<rpc::Peer>(new rpc::Peer(service.AsService("contact")));
  }

  ContactFixture() {
    handlers.Register(service.server());
    saved_view_handlers.Register(service.server());
    access_handlers.Register(service.server());
    import_handlers.Register(service.server());
    service.Start();
    staff.reset(new rpc::Peer(service.Staff({"contacts.read", "contacts.write"})));
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Call(const Request& request) {
    return staff->Call<Response>(request);
  }

  // A contact that can be created.
  static v1::Contact NewContact(const std::string& email = "john@example.com") {
    v1::Contact contact;
    contact.set_account_id("acc_gym");
    contact.mutable_name()->set_display("John Doe");
    contact.set_email(email);
    return contact;
  }

  absl::StatusOr<v1::Contact> Create(const v1::Contact& contact,
                                     const std::string& request_id = "") {
    v1::CreateContactRequest request;
    *request.mutable_contact() = contact;
    request.set_request_id(request_id);
    auto response = Call<v1::CreateContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  // `paths` is comma-separated; may be empty.
  absl::StatusOr<v1::Contact> Update(const v1::Contact& contact, const std::string& paths) {
    v1::UpdateContactRequest request;
    *request.mutable_contact() = contact;
    google::protobuf::util::FieldMaskUtil::FromString(paths, request.mutable_update_mask());
    auto response = Call<v1::UpdateContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  absl::StatusOr<v1::Contact> Get(const std::string& id) {
    v1::GetContactRequest request;
    request.set_id(id);
    auto response = Call<v1::GetContactResponse>(request);
    if (!response.ok()) return response.status();
    return response->contact();
  }

  // What the log holds, oldest first.
  std::vector<events::v1::Event> Events() {
    const auto batch = log.ReadAfter(0, {}, 10'000).value();
    return {batch.events().begin(), batch.events().end()};
  }

  const std::string kind = GENERATE(from_range(testing::DatabaseKinds()));
  testing::FakeClock clock{absl::FromUnixSeconds(1'800'000'000)};
  testing::TempDatabase database{
      {migrations::storage(), migrations::events(), migrations::contact()}, kind};
  events::EventLog log{*database, "contact", clock};
  FakeAccountService fake_accounts;
  testing::TestService account_service{nullptr, {.is_stand_in = true}};
  std::unique_ptr<rpc::Peer> account_peer = Started(account_service, fake_accounts);
  AccountDirectory directory{*database, *account_peer};
  const ActivityStore activities{clock};
  const ContactRows rows{log, activities, clock};
  ContactStore store{*database, rows, directory, clock};
  ContactLinking linking{*database, rows, directory};
  const ContactMerger merger{*database, rows};
  const ContactUpsert upsert{*database, rows, directory};
  AccountMover mover{*database, rows, directory};
  AccessStore access{*database};
  AccessService access_handlers{access};
  ImportService import_handlers{upsert, *account_peer};
  SavedViewStore views{*database, clock};
  ContactService handlers{store, linking, merger, views, directory};
  SavedViewService saved_view_handlers{views};
  testing::TestService service;
  std::unique_ptr<rpc::Peer> staff;
};

// The fields that an INVALID_ARGUMENT names.
inline std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  google::rpc::BadRequest detail;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (payload.has_value() && detail.ParseFromString(std::string(*payload))) {
    for (const auto& violation : detail.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

}  // namespace portico::contact
