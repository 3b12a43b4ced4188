#pragma once

#include <google/protobuf/util/field_mask_util.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "libs/events/event_log.h"
#include "libs/rpc/errors.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/temp_database.h"
#include "libs/testing/test_service.h"
#include "migrations/account.h"
#include "migrations/events.h"
#include "migrations/storage.h"
#include "portico/events/v1/events.pb.h"
#include "services/account/account_merge.h"
#include "services/account/account_service.h"
#include "services/account/account_with_contacts.h"
#include "services/account/enrollment_links.h"
#include "services/account/fake_contact_service.h"
#include "services/account/invoice_service.h"
#include "services/account/invoice_verifier.h"
#include "services/account/setup_service.h"

namespace portico::account {

// The account service as a process serves it, on a database of its own and with a
// stand-in for the contact service. It is made anew for each kind of database.
struct AccountFixture {
  static std::unique_ptr<rpc::Peer> Started(testing::TestService& service,
                                            FakeContactService& fake) {
    fake.Register(service.server());
    service.Start();
    return std::unique_ptr<rpc::Peer>(new rpc::Peer(service.AsService("account")));
  }

  AccountFixture() {
    accounts.Register(service.server());
    invoices.Register(service.server());
    setup.Register(service.server());
    service.Start();
    staff.reset(new rpc::Peer(
        service.Staff({"accounts.read", "accounts.write", "contacts.write", "setup.write"})));
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Call(const Request& request) {
    return staff->Call<Response>(request);
  }

  // What the log holds, oldest first.
  std::vector<events::v1::Event> Events() {
    const auto batch = log.ReadAfter(0, {}, 10'000).value();
    return {batch.events().begin(), batch.events().end()};
  }

  v1::Division CreateDivision(const std::string& name = "North") {
    v1::CreateDivisionRequest request;
    request.mutable_division()->set_display_name(name);
    request.mutable_division()->set_email("north@hauler.example");
    return Call<v1::CreateDivisionResponse>(request).value().division();
  }

  v1::AccountClass CreateClass(const std::string& name = "COMMERCIAL") {
    v1::CreateAccountClassRequest request;
    request.mutable_account_class()->set_display_name(name);
    return Call<v1::CreateAccountClassResponse>(request).value().account_class();
  }

  // An account that can be created; its division and class exist.
  v1::Account NewAccount(const std::string& number = "4941") {
    if (division_id.empty()) {
      division_id = CreateDivision().id();
      class_id = CreateClass().id();
    }
    v1::Account account;
    account.set_number(number);
    account.set_display_name("Renovation Gym");
    account.set_division_id(division_id);
    account.set_account_class_id(class_id);
    account.set_status(v1::ACCOUNT_STATUS_ACTIVE);
    return account;
  }

  absl::StatusOr<v1::Account> Create(const v1::Account& account,
                                     const std::string& request_id = "") {
    v1::CreateAccountRequest request;
    *request.mutable_account() = account;
    request.set_request_id(request_id);
    auto response = Call<v1::CreateAccountResponse>(request);
    if (!response.ok()) return response.status();
    return response->account();
  }

  // `paths` is comma-separated, as in JSON; may be empty.
  absl::StatusOr<v1::Account> Update(const v1::Account& account, const std::string& paths) {
    v1::UpdateAccountRequest request;
    *request.mutable_account() = account;
    google::protobuf::util::FieldMaskUtil::FromString(paths, request.mutable_update_mask());
    auto response = Call<v1::UpdateAccountResponse>(request);
    if (!response.ok()) return response.status();
    return response->account();
  }

  absl::StatusOr<v1::Account> Get(const std::string& id) {
    v1::GetAccountRequest request;
    request.set_id(id);
    auto response = Call<v1::GetAccountResponse>(request);
    if (!response.ok()) return response.status();
    return response->account();
  }

  absl::StatusOr<v1::Account> Merge(const v1::Account& winner, const v1::Account& loser) {
    v1::MergeAccountsRequest request;
    request.set_id(winner.id());
    request.set_loser_id(loser.id());
    auto response = Call<v1::MergeAccountsResponse>(request);
    if (!response.ok()) return response.status();
    return response->account();
  }

  absl::StatusOr<v1::Site> Create(const v1::Site& site) {
    v1::CreateSiteRequest request;
    *request.mutable_site() = site;
    auto response = Call<v1::CreateSiteResponse>(request);
    if (!response.ok()) return response.status();
    return response->site();
  }

  static v1::Site NewSite(const v1::Account& account, const std::string& number = "1") {
    v1::Site site;
    site.set_account_id(account.id());
    site.set_number(number);
    site.set_display_name("Downtown");
    return site;
  }

  // Sends the rows as one import and answers what became of them.
  template <class Request, class Response, class Row>
  absl::StatusOr<v1::ImportProgress> Import(const std::vector<Row>& rows,
                                            const v1::ImportOptions& options = {}) {
    const auto stream = staff->OpenExchange(*Request::descriptor());
    Request message;
    *message.mutable_options() = options;
    stream->Write(message);
    message.Clear();
    for (const Row& row : rows) *message.add_rows() = row;
    stream->Write(message);
    stream->WritesDone();
    Response answer, rest;
    const bool answered = stream->Read(answer);
    CHECK_FALSE(stream->Read(rest));
    if (absl::Status status = stream->Finish(); !status.ok()) return status;
    CHECK(answered);
    return answer.progress();
  }
  absl::StatusOr<v1::ImportProgress> Import(const std::vector<v1::ImportAccountRow>& rows,
                                            const v1::ImportOptions& options = {}) {
    return Import<v1::ImportAccountsRequest, v1::ImportAccountsResponse>(rows, options);
  }
  absl::StatusOr<v1::ImportProgress> Import(const std::vector<v1::ImportSiteRow>& rows,
                                            const v1::ImportOptions& options = {}) {
    return Import<v1::ImportSitesRequest, v1::ImportSitesResponse>(rows, options);
  }
  absl::StatusOr<v1::ImportProgress> Import(const std::vector<v1::ImportInvoiceRow>& rows,
                                            const v1::ImportOptions& options = {}) {
    return Import<v1::ImportInvoicesRequest, v1::ImportInvoicesResponse>(rows, options);
  }

  // An invoice of the account, issued on the clock's day.
  v1::Invoice AddInvoice(const v1::Account& account, const std::string& number,
                         const std::string& quick_pay_code = "") {
    v1::ImportInvoiceRow row;
    row.set_line(1);
    v1::Invoice& invoice = *row.mutable_invoice();
    invoice.set_account_id(account.id());
    invoice.set_number(number);
    invoice.set_quick_pay_code(quick_pay_code);
    invoice.set_issue_date(
        absl::FormatCivilTime(absl::ToCivilDay(clock.Now(), absl::UTCTimeZone())));
    REQUIRE(Import(std::vector{row}).value().created() == 1);
    v1::ListInvoicesRequest request;
    request.set_number(number);
    return Call<v1::ListInvoicesResponse>(request).value().invoices(0);
  }

  const std::string kind = GENERATE(from_range(testing::DatabaseKinds()));
  testing::FakeClock clock{absl::FromUnixSeconds(1'800'000'000)};
  testing::TempDatabase database{
      {migrations::storage(), migrations::events(), migrations::account()}, kind};
  events::EventLog log{*database, "account", clock};
  Stores stores{*database, log, clock};
  FakeContactService fake_contacts;
  testing::TestService contact_service{nullptr, {.is_stand_in = true}};
  std::unique_ptr<rpc::Peer> contact_peer = Started(contact_service, fake_contacts);
  ContactClient contact_client{*contact_peer};
  PendingContactsStore pending_contacts{*database, clock};
  rpc::Metrics metrics;
  AccountWithContacts with_contacts{stores, pending_contacts, contact_client, metrics, clock};
  AccountMerge merge{stores, pending_contacts, log, clock};
  SiteAddresses addresses{stores};
  const auth::Signer signer = auth::Signer::FromText(auth::NewKeyLine()).value();
  InvoiceVerifier verifier{stores, signer, clock};
  EnrollmentLinks links{stores, signer, "http://127.0.0.1:8080/", clock};
  AccountService accounts{stores, with_contacts, merge, addresses, clock};
  InvoiceService invoices{stores, verifier, links, clock};
  SetupService setup{stores};
  testing::TestService service;
  std::unique_ptr<rpc::Peer> staff;
  std::string division_id, class_id;
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

}  // namespace portico::account
