#pragma once

#include <absl/status/statusor.h>

#include "libs/rpc/server.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/contact_linking.h"
#include "services/contact/contact_merger.h"
#include "services/contact/contact_store.h"
#include "services/contact/saved_view_store.h"

namespace portico::contact {

// Serves portico.contact.v1.ContactService.
class ContactService {
 public:
  ContactService(ContactStore& contacts, ContactLinking& linking, const ContactMerger& merger,
                 SavedViewStore& views, AccountDirectory& accounts)
      : contacts_(contacts),
        linking_(linking),
        merger_(merger),
        views_(views),
        accounts_(accounts) {}

  void Register(rpc::Server& server);

 private:
  void CreateContact(rpc::Call& call, const v1::CreateContactRequest& request,
                     const rpc::Reply<v1::CreateContactResponse>& reply);
  absl::StatusOr<v1::GetContactResponse> GetContact(rpc::Call& call,
                                                    const v1::GetContactRequest& request);
  absl::StatusOr<v1::BatchGetContactsResponse> BatchGetContacts(
      rpc::Call& call, const v1::BatchGetContactsRequest& request);
  absl::StatusOr<v1::ListContactsResponse> ListContacts(rpc::Call& call,
                                                        const v1::ListContactsRequest& request);
  absl::StatusOr<v1::UpdateContactResponse> UpdateContact(rpc::Call& call,
                                                          const v1::UpdateContactRequest& request);
  absl::StatusOr<v1::CreateContactsResponse> CreateContacts(
      rpc::Call& call, const v1::CreateContactsRequest& request);
  absl::StatusOr<v1::UnlinkContactResponse> UnlinkContact(rpc::Call& call,
                                                          const v1::UnlinkContactRequest& request);
  absl::StatusOr<v1::SetPortalAccessResponse> SetPortalAccess(
      rpc::Call& call, const v1::SetPortalAccessRequest& request);
  absl::StatusOr<v1::EraseContactResponse> EraseContact(rpc::Call& call,
                                                        const v1::EraseContactRequest& request);
  absl::StatusOr<v1::ListActivityResponse> ListActivity(rpc::Call& call,
                                                        const v1::ListActivityRequest& request);
  absl::StatusOr<v1::FindDuplicatesResponse> FindDuplicates(
      rpc::Call& call, const v1::FindDuplicatesRequest& request);
  absl::StatusOr<v1::MergeContactsResponse> MergeContacts(rpc::Call& call,
                                                          const v1::MergeContactsRequest& request);

  // Runs `then` with what the store answers, on one of the server's threads.
  template <class Then>
  void Create(const v1::CreateContactRequest& request,
              const rpc::Reply<v1::CreateContactResponse>& reply, Then then);
  static void Answer(const rpc::Reply<v1::CreateContactResponse>& reply,
                     absl::StatusOr<v1::Contact> created);

  ContactStore& contacts_;
  ContactLinking& linking_;
  const ContactMerger& merger_;
  SavedViewStore& views_;
  AccountDirectory& accounts_;
};

}  // namespace portico::contact
