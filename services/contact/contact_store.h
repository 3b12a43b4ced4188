#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/field_mask.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/events/snapshot.h"
#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "portico/contact/v1/contact_service.pb.h"
#include "services/contact/account_directory.h"
#include "services/contact/contact_list.h"
#include "services/contact/contact_rows.h"

namespace portico::contact {

// Keeps contacts: creates, finds and changes them. Every change by callers appends its event, and
// is noted in the contact's history, in the same transaction. Thread-safe. Besides the errors
// below, all answer storage's.
class ContactStore {
 public:
  // `database` has the migrations of "contact", "storage" and "events".
  ContactStore(storage::Database& database, const ContactRows& rows,
               const AccountDirectory& accounts, const Clock& clock);

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

  // The linked contacts of an account in the order in which they were created, at most `limit`.
  absl::StatusOr<std::vector<v1::Contact>> OfAccount(const std::string& account_id, int64_t limit);

  // A page of a contact's history. NOT_FOUND: there is none with this id.
  absl::StatusOr<v1::ListActivityResponse> ListActivity(const v1::ListActivityRequest& request);

  // Every contact, as ContactUpdated.
  events::SnapshotKind Snapshot() const;

 private:
  struct Creation;

  // What the request with this id made before, if it was made; else it is claimed for `made`.
  absl::StatusOr<std::optional<std::string>> ClaimRequest(storage::Session& session,
                                                          std::string_view rpc,
                                                          const std::string& request_id,
                                                          const std::string& fingerprint,
                                                          const std::string& made) const;

  storage::Database& database_;
  const ContactRows& rows_;
  const AccountDirectory& accounts_;
  const storage::RequestLog requests_;
  const ContactList list_;
};

}  // namespace portico::contact
