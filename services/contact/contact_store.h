#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/field_mask.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "libs/events/snapshot.h"
#include "libs/storage/database.h"
#include "libs/storage/message_table.h"
#include "libs/storage/request_log.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/activity_store.h"
#include "services/contact/contact_list.h"

namespace portico::contact {

// Keeps contacts. Every change by callers appends its event, and is noted in the contact's
// history, in the same transaction. Thread-safe. Besides the errors below, all answer storage's.
//
// A contact that was unlinked, merged into another or erased stays as a row that no call here
// changes any more: FAILED_PRECONDITION with reason CONTACT_UNLINKED or CONTACT_MERGED.
class ContactStore {
 public:
  // `database` has the migrations of "contact", "storage" and "events".
  ContactStore(storage::Database& database, events::EventLog& events,
               const AccountDirectory& accounts, const ActivityStore& activities,
               const Clock& clock);

  // Stores `wanted` under a new id and publishes ContactCreated. The same request
  // id with the same contact answers the one stored the first time. `done` gets the
  // answer when it is durable, as Database::WriteThen says, and no thread waits for it.
  // INVALID_ARGUMENT: a field is wrong. FAILED_PRECONDITION: the account has a
  // primary billing contact; or AccountDirectory::IsNotKnown.
  // ALREADY_EXISTS: the external id is taken; or, with reason REQUEST_ID_REUSED, the
  // request id was used with another contact.
  void Create(const v1::Contact& wanted, const std::string& request_id,
              std::function<void(absl::StatusOr<v1::Contact>)> done);

  // All of a new account's contacts, or none, as Create; `invoices_by_email` and `wanted` are as
  // CreateContactsRequest says. With `validate_only` nothing is stored.
  absl::StatusOr<std::vector<v1::Contact>> CreateAll(const v1::CreateContactsRequest& request);

  // The contact, or the one it was merged into. NOT_FOUND: there is none with this id.
  absl::StatusOr<v1::Contact> Get(const std::string& id);

  // Those that exist, or those they were merged into, each once.
  absl::StatusOr<std::vector<v1::Contact>> GetAll(const std::vector<std::string>& ids);

  // As ContactList::Read.
  absl::StatusOr<v1::ListContactsResponse> List(const v1::ListContactsRequest& request,
                                                const v1::SavedView& view) {
    return list_.Read(request, view);
  }

  // Changes the fields of `mask`, or else those set in `patch`, and publishes
  // ContactUpdated. What changes nothing is not written and keeps its etag.
  // NOT_FOUND: there is none with this id. ABORTED: the etag is stale.
  // INVALID_ARGUMENT, FAILED_PRECONDITION: as Create.
  absl::StatusOr<v1::Contact> Update(const v1::Contact& patch,
                                     const google::protobuf::FieldMask& mask);

  // These are as their RPCs say. NOT_FOUND: there is none with this id. ABORTED: the etag is stale.
  absl::StatusOr<v1::Contact> Unlink(const v1::UnlinkContactRequest& request);
  absl::StatusOr<v1::Contact> Erase(const v1::EraseContactRequest& request);
  // INVALID_ARGUMENT: a site is not the account's, or not the contact's.
  absl::StatusOr<v1::Contact> SetPortalAccess(const v1::SetPortalAccessRequest& request);

  // The linked contacts of an account in the order in which they were created, at most `limit`.
  absl::StatusOr<std::vector<v1::Contact>> OfAccount(const std::string& account_id, int64_t limit);

  // A page of a contact's history. NOT_FOUND: there is none with this id.
  absl::StatusOr<v1::ListActivityResponse> ListActivity(const v1::ListActivityRequest& request);

  // Every contact, as ContactUpdated.
  events::SnapshotKind Snapshot() const;

  // Where they are kept, with IndexedColumns.
  const storage::Table<v1::Contact>& table() const { return table_; }

  // These note what the events of other services tell of a contact. They leave
  // its etag and update_time alone and publish nothing; where there is no such
  // contact they do nothing.
  absl::Status SaveDecision(storage::Session& session, const invitation::v1::Decision& decision);
  // What an older invitation than the one known tells is passed over, and an
  // accepted one stays accepted, in whatever order the services are heard.
  absl::Status SaveInvitationState(storage::Session& session, const std::string& contact_id,
                                   const std::string& invitation_id,
                                   invitation::v1::InvitationState state);
  absl::Status SavePortalUser(storage::Session& session, const std::string& contact_id,
                              const std::string& portal_user_id, const std::string& user_id);

 private:
  struct Creation;

  friend class ContactMerger;
  friend class ContactUpsert;

  // The row of that id itself.
  absl::StatusOr<v1::Contact> Get(storage::Session& session, const std::string& id) const;
  absl::StatusOr<v1::Contact> GetForChange(storage::Session& session, const std::string& id,
                                           const std::string& etag) const;
  // Stamps and writes `after`, and notes what differs from `before` in its history.
  absl::Status Save(storage::Session& session, const v1::Contact& before, v1::Contact& after,
                    v1::Activity activity) const;
  absl::Status CheckExternalId(storage::Session& session, const v1::Contact& before,
                               const v1::Contact& after) const;
  template <class Event>
  absl::Status Publish(storage::Session& session, const v1::Contact& contact) const;
  // What the request with this id made before, if it was made; else it is claimed for `made`.
  absl::StatusOr<std::optional<std::string>> ClaimRequest(storage::Session& session,
                                                          std::string_view rpc,
                                                          const std::string& request_id,
                                                          const std::string& fingerprint,
                                                          const std::string& made) const;
  google::protobuf::Timestamp Now() const;
  void StampCreated(v1::Contact& contact) const;
  void StampChanged(v1::Contact& contact) const;

  const storage::Table<v1::Contact> table_;
  storage::Database& database_;
  events::EventLog& events_;
  const AccountDirectory& accounts_;
  const ActivityStore& activities_;
  const Clock& clock_;
  const storage::RequestLog requests_;
  const ContactList list_;
};

}  // namespace portico::contact
