#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/message_table.h"
#include "portico/invitation/v1/bulk_send.pb.h"

namespace portico::invitation {

using portico::invitation::v1::BulkSend;
using portico::invitation::v1::BulkSendProgress;

// Why the mails of a bulk send that was cancelled are.
inline constexpr char kBulkSendCancelled[] = "BULK_SEND_CANCELLED";

// Bulk sends; their recipients are in BulkLedger. Every call answers Session's errors. Thread-safe.
class BulkStore {
 public:
  BulkStore();

  // What a bulk send's mails are made of.
  struct Texts {
    std::string template_id;
    int64_t version = 0;
  };

  // Stores a new bulk send, in state GATHERING, with the contacts that it names.
  absl::Status Insert(storage::Session& session, const BulkSend& bulk, const Texts& texts) const;
  // Writes it with what was changed in it; its etag is renewed.
  absl::Status Save(storage::Session& session, BulkSend& bulk) const;

  // Without its progress.
  absl::StatusOr<std::optional<BulkSend>> Find(storage::Session& session,
                                               std::string_view id) const;
  absl::StatusOr<Texts> FindTexts(storage::Session& session, std::string_view id) const;
  absl::StatusOr<v1::ListBulkSendsResponse> List(storage::Session& session,
                                                 const v1::ListBulkSendsRequest& request) const;
  // In the order of their ids.
  absl::StatusOr<std::vector<BulkSend>> InState(storage::Session& session, v1::BulkSendState state,
                                                int64_t limit) const;

  // Those that were cancelled and have mails left to end, perhaps.
  absl::StatusOr<std::vector<BulkSend>> Cancelled(storage::Session& session, int64_t limit) const;

  // How far it has come, in one moment; it takes the time that its unsent mails take to count.
  absl::StatusOr<BulkSendProgress> Progress(storage::Session& session, const BulkSend& bulk) const;

  // The slowest bulk send mails one a minute.
  static constexpr absl::Duration kLongestFeedRest = absl::Minutes(1);
  // Of the bulk sends that are RUNNING and have somebody to mail: those that may by now, in the
  // order of their ids, and when the first of the others may.
  struct Turns {
    std::vector<std::string> due;
    absl::Time next = absl::InfiniteFuture();
  };
  absl::StatusOr<Turns> FindTurns(storage::Session& session, absl::Time now) const;

  // Failures are counted from now on.
  absl::Status ForgiveFailures(storage::Session& session, std::string_view id,
                               const BulkSendProgress& progress) const;
  // Whether more than its share of what ended since then failed.
  absl::StatusOr<bool> FailsTooOften(storage::Session& session, const BulkSend& bulk,
                                     const BulkSendProgress& progress) const;

 private:
  const storage::Table<BulkSend> table_;
};

}  // namespace portico::invitation
