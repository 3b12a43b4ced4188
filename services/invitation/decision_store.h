#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string_view>

#include "libs/events/event_log.h"
#include "libs/events/snapshot.h"
#include "libs/storage/message_table.h"
#include "portico/invitation/v1/invitation.pb.h"

namespace portico::invitation {

// Whether each new contact was invited, and why. Every call answers Session's errors.
class DecisionStore {
 public:
  explicit DecisionStore(events::EventLog& events);

  absl::StatusOr<std::optional<portico::invitation::v1::Decision>> Find(
      storage::Session& session, std::string_view contact_id) const;

  // All of them, as InvitationDecided.
  events::SnapshotKind Snapshot() const;

  // Stores the decision, which must be the contact's first, and publishes InvitationDecided.
  absl::Status Insert(storage::Session& session, const portico::invitation::v1::Decision& decision,
                      std::string_view account_id) const;

 private:
  events::EventLog& events_;
  const storage::Table<portico::invitation::v1::Decision> table_;
};

}  // namespace portico::invitation
