#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portico/invitation/v1/bulk_send.pb.h"
#include "services/invitation/recipient_groups.h"

namespace portico::invitation {

// The recipients of bulk sends. What became of one that was mailed says its mail, so a delivery
// writes nothing here. Every call answers Session's errors. Thread-safe.
class BulkLedger {
 public:
  // Adds up to `limit` of those whom the bulk send's filter finds, from where it stopped before.
  // False: that were all.
  absl::StatusOr<bool> GatherByFilter(storage::Session& session, const v1::BulkSend& bulk,
                                      const RecipientGroups& groups, int64_t limit) const;
  // The next of the chosen contacts that are not added yet.
  absl::StatusOr<std::vector<std::string>> NextChosen(storage::Session& session,
                                                               std::string_view id,
                                                               int64_t limit) const;

  // A line of the ledger.
  struct Line {
    int64_t number = 0;
    std::string contact_id;
    std::string skip_reason;  // Empty for one that waits, or has its mail.
    std::string message_id;   // Of its mail; of the one that failed before it is tried again.
  };
  // Adds those chosen, in that order.
  absl::Status AddChosen(storage::Session& session, std::string_view id,
                         std::span<const Line> lines) const;

  // The next that are to be mailed.
  absl::StatusOr<std::vector<Line>> Waiting(storage::Session& session, std::string_view id,
                                            int64_t limit) const;
  // Notes of such whether they were skipped or have a mail now; and before when no more of the
  // bulk send is to be mailed.
  absl::Status Settle(storage::Session& session, std::string_view id, std::span<const Line> lines,
                      absl::Time next_feed_time) const;
  // Another mail took the place of a recipient's.
  absl::Status ReplaceMail(storage::Session& session, std::string_view id, int64_t number,
                           std::string_view message_id) const;

  // Those whose mail failed are to be mailed again; answers how many.
  absl::StatusOr<int64_t> RetryFailed(storage::Session& session, std::string_view id) const;

  absl::StatusOr<v1::ListBulkSendRecipientsResponse> List(
      storage::Session& session, const v1::BulkSend& bulk,
      const v1::ListBulkSendRecipientsRequest& request) const;
};

}  // namespace portico::invitation
