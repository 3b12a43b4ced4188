#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/message_table.h"
#include "libs/storage/request_log.h"
#include "portico/contact/v1/contact_service.pb.h"

namespace portico::contact {

// Keeps saved views. Whoever is said to call sees their own ones and those that are shared.
// Thread-safe. Besides the errors below, all answer storage's.
class SavedViewStore {
 public:
  // `database` has the migrations of "contact" and "storage".
  SavedViewStore(storage::Database& database, const Clock& clock);

  // Stores `wanted` as a view of `owner`. The same request id with the same view answers the one
  // stored the first time.
  // ALREADY_EXISTS: the owner has one of this name; or, with reason REQUEST_ID_REUSED, the request
  // id was used with another view, or by another caller.
  // FAILED_PRECONDITION with reason TOO_MANY_SAVED_VIEWS: the owner has 200.
  absl::StatusOr<v1::SavedView> Create(const v1::SavedView& wanted, const std::string& owner,
                                       const std::string& request_id);

  // By name. The caller's own ones, and as many shared ones at most.
  absl::StatusOr<std::vector<v1::SavedView>> List(const std::string& caller);

  // NOT_FOUND: the caller sees none with this id.
  absl::StatusOr<v1::SavedView> Get(const std::string& id, const std::string& caller);

  // NOT_FOUND: as Get. PERMISSION_DENIED: it is a shared one of another, and the caller may not
  // delete those.
  absl::Status Delete(const std::string& id, const std::string& caller, bool may_delete_shared);

 private:
  absl::StatusOr<v1::SavedView> Get(storage::Session& session, const std::string& id,
                                    const std::string& caller) const;

  const storage::Table<v1::SavedView> table_;
  storage::Database& database_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::contact
