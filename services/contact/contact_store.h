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

namespace portico::contact {

// Keeps contacts. Every change by callers appends its event in the same
// transaction. Thread-safe. Besides the errors below, all answer storage's.
class ContactStore {
 public:
  // `database` has the migrations of "contact", "storage" and "events".
  ContactStore(storage::Database& database, events::EventLog& events,
               const AccountDirectory& accounts, const Clock& clock);

  // Stores `wanted` under a new id and publishes ContactCreated. The same request
  // id with the same contact answers the one stored the first time. `done` gets the
  // answer when it is durable, as Database::WriteThen says, and no thread waits for it.
  // INVALID_ARGUMENT: a field is wrong. FAILED_PRECONDITION: the account has a
  // primary billing contact; or AccountDirectory::IsNotKnown.
  // ALREADY_EXISTS with reason REQUEST_ID_REUSED: the request id was used with
  // another contact.
  void Create(const v1::Contact& wanted, const std::string& request_id,
              std::function<void(absl::StatusOr<v1::Contact>)> done);

  // NOT_FOUND: there is none with this id.
  absl::StatusOr<v1::Contact> Get(const std::string& id);

  // Those that exist, each once, all read at one moment.
  absl::StatusOr<std::vector<v1::Contact>> GetAll(const std::vector<std::string>& ids);

  // INVALID_ARGUMENT: the page token belongs to another list.
  absl::StatusOr<v1::ListContactsResponse> List(const v1::ListContactsRequest& request);

  // Changes the fields of `mask`, or else those set in `patch`, and publishes
  // ContactUpdated. What changes nothing is not written and keeps its etag.
  // NOT_FOUND: there is none with this id. ABORTED: the etag is stale.
  // INVALID_ARGUMENT, FAILED_PRECONDITION: as Create.
  absl::StatusOr<v1::Contact> Update(const v1::Contact& patch,
                                     const google::protobuf::FieldMask& mask);

  // Every contact, as ContactUpdated.
  events::SnapshotKind Snapshot() const;

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

  absl::StatusOr<v1::Contact> Get(storage::Session& session, const std::string& id) const;
  absl::StatusOr<std::optional<v1::Contact>> FindEarlier(storage::Session& session,
                                                         const std::string& request_id,
                                                         const std::string& fingerprint,
                                                         const std::string& new_id) const;

  const storage::Table<v1::Contact> table_;
  storage::Database& database_;
  events::EventLog& events_;
  const AccountDirectory& accounts_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::contact
