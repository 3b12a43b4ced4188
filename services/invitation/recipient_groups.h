#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/storage/page_query.h"
#include "libs/storage/session.h"
#include "portico/invitation/v1/recipient.pb.h"
#include "services/invitation/segment.h"

namespace portico::invitation {

// Where the reading of those whom a filter finds goes on: after this contact.
struct RecipientPlace {
  int64_t segment_id = 0;
  int64_t standing = 0;
  std::string contact_id;
};

// Which of those whom a filter finds.
struct RecipientChoice {
  v1::RecipientFilter filter;
  v1::RecipientGroup group = v1::RECIPIENT_GROUP_UNSPECIFIED;  // All.
  bool only_will_be_mailed = false;
};

// Recipients by segment and standing, and how many there are of each. Every call answers
// Session's errors. Thread-safe.
class RecipientGroups {
 public:
  // Where a contact belongs.
  struct Placing {
    std::string contact_id;
    Segment segment;
    int standing = 0;
  };
  // Puts contacts there, and counts them there instead of where they were.
  absl::Status Place(storage::Session& session, std::span<const Placing> placings) const;

  absl::StatusOr<v1::RecipientCounts> Count(storage::Session& session,
                                            const v1::RecipientFilter& filter) const;

  // Up to `limit` of those chosen that come after a place, in the one order that there is. `next`
  // is where to go on; nullopt at the end.
  struct Page {
    std::vector<v1::CountedRecipient> recipients;
    std::optional<RecipientPlace> next;
  };
  absl::StatusOr<Page> List(storage::Session& session, const RecipientChoice& choice,
                            const RecipientPlace& after, int64_t limit) const;

  // Contacts that stand together: those of a segment with a standing, after one of them.
  struct Run {
    RecipientPlace after;
    std::string division_id;
    std::string account_class_id;
    v1::RecipientGroup group = v1::RECIPIENT_GROUP_UNSPECIFIED;
  };
  // Up to `limit` of those that hold the chosen after a place, in order.
  absl::StatusOr<std::vector<Run>> Runs(storage::Session& session, const RecipientChoice& choice,
                                        const RecipientPlace& after, int64_t limit) const;

  // The segments after this one, in order; and the counting of one anew from its recipients.
  absl::StatusOr<std::vector<int64_t>> Segments(storage::Session& session, int64_t after,
                                                int64_t limit) const;
  absl::Status CountAnew(storage::Session& session, int64_t segment_id) const;
};

}  // namespace portico::invitation
