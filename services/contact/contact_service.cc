#include "services/contact/contact_service.h"

#include <utility>
#include <vector>

#include "libs/base/status_macros.h"

namespace portico::contact {

void ContactService::Register(rpc::Server& server) {
  server.Handle(this, &ContactService::CreateContact);
  server.Handle(this, &ContactService::GetContact);
  server.Handle(this, &ContactService::BatchGetContacts);
  server.Handle(this, &ContactService::ListContacts);
  server.Handle(this, &ContactService::UpdateContact);
}

absl::StatusOr<v1::CreateContactResponse> ContactService::CreateContact(
    rpc::Call&, const v1::CreateContactRequest& request) {
  const v1::Contact& wanted = request.contact();
  auto created = contacts_.Create(wanted, request.request_id());
  if (AccountDirectory::IsNotKnown(created.status())) {
    RETURN_IF_ERROR(accounts_.Learn(wanted.account_id(), wanted.site_id()));
    created = contacts_.Create(wanted, request.request_id());
  }
  v1::CreateContactResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), std::move(created));
  return response;
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
    rpc::Call&, const v1::ListContactsRequest& request) {
  return contacts_.List(request);
}

absl::StatusOr<v1::UpdateContactResponse> ContactService::UpdateContact(
    rpc::Call&, const v1::UpdateContactRequest& request) {
  const v1::Contact& patch = request.contact();
  auto updated = contacts_.Update(patch, request.update_mask());
  if (AccountDirectory::IsNotKnown(updated.status())) {
    ASSIGN_OR_RETURN(const v1::Contact current, contacts_.Get(patch.id()));
    RETURN_IF_ERROR(accounts_.Learn(current.account_id(), patch.site_id()));
    updated = contacts_.Update(patch, request.update_mask());
  }
  v1::UpdateContactResponse response;
  ASSIGN_OR_RETURN(*response.mutable_contact(), std::move(updated));
  return response;
}

}  // namespace portico::contact
