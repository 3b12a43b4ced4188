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

// Many contacts are made at the same time, so no thread waits for any one's commit.
void ContactService::CreateContact(rpc::Call&, const v1::CreateContactRequest& request,
                                   const rpc::Reply<v1::CreateContactResponse>& reply) {
  Create(request, reply, [this, &request, reply](absl::StatusOr<v1::Contact> created) {
    if (!AccountDirectory::IsNotKnown(created.status())) return Answer(reply, std::move(created));
    const v1::Contact& wanted = request.contact();
    const absl::Status learnt = accounts_.Learn(wanted.account_id(), wanted.site_id());
    if (!learnt.ok()) return reply(learnt);
    Create(request, reply, [reply](absl::StatusOr<v1::Contact> again) {
      Answer(reply, std::move(again));
    });
  });
}

template <class Then>
void ContactService::Create(const v1::CreateContactRequest& request,
                            const rpc::Reply<v1::CreateContactResponse>& reply, Then then) {
  contacts_.Create(request.contact(), request.request_id(),
                   [reply, then](absl::StatusOr<v1::Contact> created) {
                     reply.Continue([then, created = std::move(created)]() mutable {
                       then(std::move(created));
                     });
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
