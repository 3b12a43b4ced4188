#include "services/invitation/bulk_company.h"

#include <absl/strings/str_format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "portico/contact/v1/contact_events.pb.h"

namespace portico::invitation {

using google::protobuf::util::TimeUtil;

namespace {

template <class T>
T Value(absl::StatusOr<T> result) {
  INFO(result.status());
  REQUIRE(result.ok());
  return *std::move(result);
}

}  // namespace

BulkCompany::BulkCompany() {
  account::v1::AccountClassSaved with, without;
  with.mutable_account_class()->set_id(kClass);
  with.mutable_account_class()->mutable_portal()->set_access_enabled(true);
  without.mutable_account_class()->set_id(kClassWithout);
  account::v1::DivisionSaved division;
  division.mutable_division()->set_id(kDivision);
  division.mutable_division()->set_display_name("North");
  division.mutable_division()->set_email("north@hauler.example");
  REQUIRE(FromAccount({&with, &without, &division}).ok());
}

void BulkCompany::PutAccount(const std::string& id, const AccountChange& change) {
  account::v1::AccountUpdated updated;
  account::v1::Account& account = *updated.mutable_account();
  account.set_id(id);
  account.set_number("4941");
  account.set_display_name("Renovation Gym");
  account.set_division_id(kDivision);
  account.set_account_class_id(kClass);
  account.set_status(account::v1::ACCOUNT_STATUS_ACTIVE);
  *account.mutable_update_time() = TimeUtil::MicrosecondsToTimestamp(ToMicros(clock.Now()));
  change(account);
  REQUIRE(FromAccount({&updated}).ok());
}

void BulkCompany::PutSite(const std::string& id, const std::string& account_id,
                          const std::string& source) {
  account::v1::SiteUpdated updated;
  updated.mutable_site()->set_id(id);
  updated.mutable_site()->set_account_id(account_id);
  updated.mutable_site()->set_site_source_id(source);
  REQUIRE(FromAccount({&updated}).ok());
}

void BulkCompany::PutContact(const std::string& id, const std::string& account_id,
                             const ContactChange& change) {
  contact::v1::Contact contact = John(id + "@example.com");
  contact.set_id(id);
  contact.set_account_id(account_id);
  change(contact);
  contact::v1::ContactCreated created;
  *created.mutable_contact() = contact;
  created.set_without_invitation(true);
  peers.PutContact(contact);
  REQUIRE(FromContact({Told(created)}).ok());
}

void BulkCompany::PutContacts(int count, const std::string& account_id) {
  PutAccount(account_id);
  for (int i = 1; i <= count; ++i) {
    PutContact(absl::StrFormat("con_%03d", i), account_id);
  }
}

v1::RecipientFilter BulkCompany::Filter() {
  v1::RecipientFilter filter;
  filter.set_division_id(kDivision);
  return filter;
}

v1::RecipientCounts BulkCompany::Counts(const v1::RecipientFilter& filter) {
  Project();
  v1::CountRecipientsRequest request;
  *request.mutable_filter() = filter;
  return Value(staff->Call<v1::CountRecipientsResponse>(request)).counts();
}

int64_t BulkCompany::CountOf(v1::RecipientGroup group, const v1::RecipientFilter& filter) {
  const v1::RecipientCounts counts = Counts(filter);
  for (const v1::GroupCount& one : counts.groups()) {
    if (one.group() == group) return one.count();
  }
  return -1;
}

std::vector<std::string> BulkCompany::Listed(v1::RecipientGroup group, bool only_will_be_mailed,
                                             const v1::RecipientFilter& filter) {
  Project();
  std::vector<std::string> ids;
  v1::ListRecipientsRequest request;
  *request.mutable_filter() = filter;
  request.set_group(group);
  request.set_only_will_be_mailed(only_will_be_mailed);
  request.set_page_size(2);
  while (true) {
    const auto page = Value(staff->Call<v1::ListRecipientsResponse>(request));
    for (const v1::CountedRecipient& one : page.recipients()) ids.push_back(one.contact_id());
    if (page.next_page_token().empty()) return ids;
    request.set_page_token(page.next_page_token());
  }
}

absl::StatusOr<BulkSend> BulkCompany::TryCreate(const BulkSend& bulk) {
  v1::CreateBulkSendRequest request;
  *request.mutable_bulk_send() = bulk;
  const auto response = staff->Call<v1::CreateBulkSendResponse>(request);
  if (!response.ok()) return response.status();
  return response->bulk_send();
}

BulkSend BulkCompany::Create(const std::function<void(BulkSend&)>& change) {
  Project();
  BulkSend bulk;
  *bulk.mutable_filter() = Filter();
  change(bulk);
  const BulkSend made = Value(TryCreate(bulk));
  CHECK(made.state() == v1::BULK_SEND_STATE_GATHERING);
  while (bulk_clerk.Gather() == absl::ZeroDuration()) {
  }
  const BulkSend ready = GetBulk(made);
  CHECK(ready.state() == v1::BULK_SEND_STATE_READY);
  return ready;
}

absl::StatusOr<BulkSend> BulkCompany::Start(const BulkSend& bulk, int64_t expected_count) {
  v1::StartBulkSendRequest request;
  request.set_id(bulk.id());
  request.set_expected_count(expected_count);
  const auto response = staff->Call<v1::StartBulkSendResponse>(request);
  if (!response.ok()) return response.status();
  return response->bulk_send();
}

BulkSend BulkCompany::GetBulk(const BulkSend& bulk) {
  v1::GetBulkSendRequest request;
  request.set_id(bulk.id());
  return Value(staff->Call<v1::GetBulkSendResponse>(request)).bulk_send();
}

BulkSend BulkCompany::Run(const BulkSend& bulk) {
  Deliver();
  bulk_clerk.RunOnce();
  return GetBulk(bulk);
}

std::vector<v1::BulkSendRecipient> BulkCompany::Ledger(const BulkSend& bulk,
                                                       v1::BulkSendRecipientState state) {
  std::vector<v1::BulkSendRecipient> all;
  v1::ListBulkSendRecipientsRequest request;
  request.set_id(bulk.id());
  request.set_state(state);
  request.set_page_size(3);
  while (true) {
    const auto page = Value(staff->Call<v1::ListBulkSendRecipientsResponse>(request));
    all.insert(all.end(), page.recipients().begin(), page.recipients().end());
    if (page.next_page_token().empty()) return all;
    request.set_page_token(page.next_page_token());
  }
}

std::vector<std::string> BulkCompany::Mailed() const {
  std::vector<std::string> addresses;
  for (const testing::ReceivedMail& mail : sink.mails()) addresses.push_back(mail.recipient);
  std::ranges::sort(addresses);
  return addresses;
}

}  // namespace portico::invitation
