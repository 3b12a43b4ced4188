#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/field_mask.pb.h>

#include "libs/base/clock.h"
#include "libs/events/event_log.h"
#include "libs/events/snapshot.h"
#include "libs/storage/database.h"
#include "libs/storage/message_table.h"
#include "portico/account/v1/portal_options.pb.h"

namespace portico::account {

// Keeps the one set of options of the portal; until they are first changed they
// are the defaults. Thread-safe. Besides the errors below, all answer storage's.
class PortalOptionsStore {
 public:
  PortalOptionsStore(storage::Database& database, events::EventLog& events, const Clock& clock);

  absl::StatusOr<v1::PortalOptions> Get();

  // As Get, within someone's read.
  absl::StatusOr<v1::PortalOptions> Get(storage::Session& session) const;

  // The options, as PortalOptionsUpdated.
  events::SnapshotKind Snapshot() const;

  // Changes the options of `mask`, or else those set in `patch`, and publishes
  // PortalOptionsUpdated in the same transaction. What changes nothing is not
  // written and keeps its etag.
  // INVALID_ARGUMENT: an option is wrong. ABORTED: the etag is stale.
  absl::StatusOr<v1::PortalOptions> Update(const v1::PortalOptions& patch,
                                           const google::protobuf::FieldMask& mask);

 private:
  const storage::Table<v1::PortalOptions> table_;
  storage::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
};

}  // namespace portico::account
