#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/invitation/commit_signal.h"
#include "services/invitation/outgoing_mail.h"

namespace portico::invitation {

using portico::invitation::v1::DeliveryAttempt;
using portico::invitation::v1::MessageState;

// The queue's part of the messages: which are due, who has a lease of them, and what came of
// the attempts. Every call answers Session's errors.
class DeliveryStore {
 public:
  explicit DeliveryStore(CommitSignal& signal) : signal_(signal) {}

  // Leases waiting mails of the lane whose time has come and that nobody has a lease of, the
  // longest due first. Those that others lease at this moment are passed over.
  absl::StatusOr<std::vector<OutgoingMail>> Lease(storage::Session& session, Lane lane,
                                                  absl::Time now, const MailLease& lease,
                                                  int64_t limit) const;
  // Those of `ids` that still wait under the lease, in no order.
  absl::StatusOr<std::vector<OutgoingMail>> Leased(storage::Session& session,
                                                   const std::vector<std::string>& ids,
                                                   const MailLease& lease) const;

  // When the next mail of the lane that nobody has a lease of is due, or was.
  absl::StatusOr<std::optional<absl::Time>> NextDue(storage::Session& session, Lane lane,
                                                    absl::Time now) const;
  absl::StatusOr<int64_t> CountWaiting(storage::Session& session, Lane lane) const;

  // Give back those of `ids` that are under the lease, the second with a time for each when it is
  // due.
  absl::Status Release(storage::Session& session, const std::vector<std::string>& ids,
                       const MailLease& lease) const;
  struct Delay {
    std::string id;
    absl::Time due;
  };
  absl::Status PutOff(storage::Session& session, std::span<const Delay> delays,
                      const MailLease& lease) const;
  // All that are under the lease, or that have a lease of that owner.
  absl::Status ReleaseClaim(storage::Session& session, const MailLease& lease) const;
  absl::Status ReleaseAll(storage::Session& session, std::string_view owner) const;

  // What others than `owner` have leased for longer than `possible`, or what is due later after at
  // most so many attempts, is so no more than until `latest`.
  absl::Status EndLeasesBy(storage::Session& session, std::string_view owner, absl::Time latest,
                           absl::Time possible) const;
  absl::Status MakeDueBy(storage::Session& session, int64_t attempts, absl::Time latest) const;

  // What of a message counts when an attempt is recorded.
  struct State {
    std::string id;
    std::string recipient;  // Empty once it is erased.
    portico::invitation::v1::MessageKind kind;
    MessageState state;
    absl::Time create_time;
    int64_t attempt_count;
    MailLease lease;
  };
  // By id. On PostgreSQL others wait with them until the transaction ends.
  absl::StatusOr<std::map<std::string, State>> Lock(storage::Session& session,
                                                    const std::vector<std::string>& ids) const;

  // An attempt that ended, and what it means for its message.
  struct Ending {
    std::string id;
    DeliveryAttempt attempt;
    int64_t number;  // Of the attempt; the message counts as many.
    // What the message becomes, and when it is tried next or came to its end, which ends its
    // lease; none where the attempt changes nothing of it. A final state erases its token.
    std::optional<MessageState> state;
    std::optional<absl::Time> due_time;
    std::optional<absl::Time> finish_time;
  };
  // No two are of one message.
  absl::Status Record(storage::Session& session, std::span<const Ending> endings) const;

 private:
  absl::Status Update(storage::Session& session, std::span<const Ending> endings) const;

  CommitSignal& signal_;
  const OutgoingMailTable table_;
};

}  // namespace portico::invitation
