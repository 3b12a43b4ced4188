#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

  // Those of the contacts that were decided on.
  absl::StatusOr<std::set<std::string>> Decided(storage::Session& session,
                                                const std::vector<std::string>& contact_ids) const;

  // Stores decisions, which must be their contacts' first, and publishes InvitationDecided.
  struct Made {
    portico::invitation::v1::Decision decision;
    std::string account_id;
  };
  absl::Status Insert(storage::Session& session, std::span<const Made> made) const;

 private:
  events::EventLog& events_;
  const storage::Table<portico::invitation::v1::Decision> table_;
};

}  // namespace portico::invitation
