#include "services/contact/contact_service.h"

#include <absl/strings/str_cat.h>

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/errors.h"
#include "libs/rpc/update.h"
#include "services/contact/duplicate_finder.h"

namespace portico::contact {
namespace {

// Of an account's contacts, and of the pairs that are answered.
constexpr int64_t kMostCompared = 20'000;
constexpr size_t kMostPairs = 500;

}  // namespace

void ContactService::Register(rpc::Server& server) {
  server.Handle(this, &ContactService::CreateContact);
  server.Handle(this, &ContactService::GetContact);
  server.Handle(this, &ContactService::BatchGetContacts);
  server.Handle(this, &ContactService::ListContacts);
  server.Handle(this, &ContactService::UpdateContact);
  server.Handle(this, &ContactService::CreateContacts);
  server.Handle(this, &ContactService::UnlinkContact);
  server.Handle(this, &ContactService::SetPortalAccess);
  server.Handle(this, &ContactService::EraseContact);
  server.Handle(this, &ContactService::ListActivity);
  server.Handle(this, &ContactService::FindDuplicates);
  server.Handle(this, &ContactService::MergeContacts);
}

// Many contacts are made at the same time, so no thread waits for any one's commit.
void ContactService::CreateContact(rpc::Call&, const v1::CreateContactRequest& request,
                                   const rpc::Reply<v1::CreateContactResponse>& reply) {
  Create(request, reply, [this, &request, reply](absl::StatusOr<v1::Contact> created) {
    if (!AccountDirectory::IsNotKnown(created.status())) return Answer(reply, std::move(created));
    const v1::Contact& wanted = request.contact();
    const absl::Status learnt = accounts_.Learn(wanted.account_id(), wanted.site_id());
    if (!learnt.ok()) return reply(learnt);
    Create(request, reply,
           [reply](absl::StatusOr<v1::Contact> again) { Answer(reply, std::move(again)); });
  });
}

template <class Then>
void ContactService::Create(const v1::CreateContactRequest& request,
                            const rpc::Reply<v1::CreateContactResponse>& reply, Then then) {
  contacts_.Create(
      request.contact(), request.request_id(), [reply, then](absl::StatusOr<v1::Contact> created) {
        reply.Continue(
            [then, created = std::move(created)]() mutable { then(std::move(created)); });
      });
}

void ContactService::Answer(const rpc::Reply<v1::CreateContactResponse>& reply,
                            absl::StatusOr<v1::Contact> created) {
  if (!created.ok()) return reply(created.status());
  v1::CreateContactResponse response;
  *response.mutable_contact() = *std::move(created);
  reply(std::move(response));
}

absl::StatusOr<v1::GetContactResponse> ContactService::GetContact(
    rpc::Call&, const v1::GetContactRequest& request) {
  v1::GetContactResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), contacts_.Get(request.id()));
  return response;
}

absl::StatusOr<v1::BatchGetContactsResponse> ContactService::BatchGetContacts(
    rpc::Call&, const v1::BatchGetContactsRequest& request) {
  ASSIGN_OR_RETURN(std::vector<v1::Contact> contacts,
                   contacts_.GetAll({request.ids().begin(), request.ids().end()}));
  v1::BatchGetContactsResponse response;
  for (v1::Contact& contact : contacts) *response.add_contacts() = std::move(contact);
  return response;
}

absl::StatusOr<v1::ListContactsResponse> ContactService::ListContacts(
    rpc::Call& call, const v1::ListContactsRequest& request) {
  v1::SavedView view;
  if (!request.saved_view_id().empty()) {
    auto found = views_.Get(request.saved_view_id(), call.caller.subject);
    if (absl::IsNotFound(found.status())) {
      return rpc::InvalidField("saved_view_id",
                               absl::StrCat("got ", rpc::Quoted(request.saved_view_id()),
                                            ", want the id of a saved view that you see"));
    }
    ASSIGN_OR_RETURN(view, std::move(found));
  }
  if (request.account_id().empty()) return contacts_.List(request, view);
  v1::ListContactsRequest list = request;
  ASSIGN_OR_RETURN(*list.mutable_account_id(), accounts_.Standing(request.account_id()));
  return contacts_.List(list, view);
}

absl::StatusOr<v1::UpdateContactResponse> ContactService::UpdateContact(
    rpc::Call&, const v1::UpdateContactRequest& request) {
  const v1::Contact& patch = request.contact();
  auto updated = contacts_.Update(patch, request.update_mask());
  if (AccountDirectory::IsNotKnown(updated.status())) {
    ASSIGN_OR_RETURN(v1::Contact wanted, contacts_.Get(patch.id()));
    const std::string account_id = wanted.account_id();
    RETURN_IF_ERROR(rpc::ApplyUpdate("contact", patch, request.update_mask(), wanted));
    RETURN_IF_ERROR(accounts_.Learn(account_id, wanted.site_id()));
    updated = contacts_.Update(patch, request.update_mask());
  }
  v1::UpdateContactResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), std::move(updated));
  return response;
}

absl::StatusOr<v1::CreateContactsResponse> ContactService::CreateContacts(
    rpc::Call&, const v1::CreateContactsRequest& request) {
  ASSIGN_OR_RETURN(std::vector<v1::Contact> contacts, contacts_.CreateAll(request));
  v1::CreateContactsResponse response;
  for (v1::Contact& contact : contacts) *response.add_contacts() = std::move(contact);
  return response;
}

absl::StatusOr<v1::UnlinkContactResponse> ContactService::UnlinkContact(
    rpc::Call&, const v1::UnlinkContactRequest& request) {
  v1::UnlinkContactResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), linking_.Unlink(request));
  return response;
}

absl::StatusOr<v1::SetPortalAccessResponse> ContactService::SetPortalAccess(
    rpc::Call&, const v1::SetPortalAccessRequest& request) {
  auto changed = linking_.SetPortalAccess(request);
  if (AccountDirectory::IsNotKnown(changed.status())) {
    ASSIGN_OR_RETURN(const v1::Contact current, contacts_.Get(request.id()));
    const auto& sites = request.portal_access().site_ids();
    RETURN_IF_ERROR(accounts_.LearnSitesOf(current.account_id(), {sites.begin(), sites.end()}));
    changed = linking_.SetPortalAccess(request);
  }
  v1::SetPortalAccessResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), std::move(changed));
  return response;
}

absl::StatusOr<v1::EraseContactResponse> ContactService::EraseContact(
    rpc::Call&, const v1::EraseContactRequest& request) {
  v1::EraseContactResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), linking_.Erase(request));
  return response;
}

absl::StatusOr<v1::ListActivityResponse> ContactService::ListActivity(
    rpc::Call&, const v1::ListActivityRequest& request) {
  return contacts_.ListActivity(request);
}

absl::StatusOr<v1::FindDuplicatesResponse> ContactService::FindDuplicates(
    rpc::Call&, const v1::FindDuplicatesRequest& request) {
  ASSIGN_OR_RETURN(const std::string account_id, accounts_.Existing(request.account_id()));
  ASSIGN_OR_RETURN(const std::vector<v1::Contact> contacts,
                   contacts_.OfAccount(account_id, kMostCompared));
  v1::FindDuplicatesResponse response;
  for (v1::DuplicatePair& pair : portico::contact::FindDuplicates(contacts, kMostPairs)) {
    *response.add_pairs() = std::move(pair);
  }
  return response;
}

absl::StatusOr<v1::MergeContactsResponse> ContactService::MergeContacts(
    rpc::Call&, const v1::MergeContactsRequest& request) {
  v1::MergeContactsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), merger_.Merge(request));
  return response;
}

}  // namespace portico::contact
