#pragma once

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "services/invitation/commit_signal.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// What people do with a bulk send that there is. Each answers it as it is then, with its progress;
// NOT_FOUND: there is none with that id. Thread-safe.
class BulkControl {
 public:
  // A bulk send with more recipients than `confirm_above` is started only with their number.
  // `feed` wakes whoever mails.
  BulkControl(storage::Database& database, const Stores& stores, int64_t confirm_above,
              CommitSignal& feed, const Clock& clock)
      : database_(database),
        stores_(stores),
        confirm_above_(confirm_above),
        feed_(feed),
        clock_(clock),
        requests_(clock) {}

  absl::StatusOr<BulkSend> Get(const std::string& id) const;
  // FAILED_PRECONDITION with the reasons that the proto states.
  absl::StatusOr<BulkSend> Start(const v1::StartBulkSendRequest& request) const;
  absl::StatusOr<BulkSend> Pause(const std::string& id) const;
  absl::StatusOr<BulkSend> Resume(const std::string& id) const;
  absl::StatusOr<BulkSend> Cancel(const std::string& id) const;
  absl::StatusOr<BulkSend> RetryFailed(const v1::RetryFailedRequest& request) const;

 private:
  using Change = absl::FunctionRef<absl::Status(storage::Session& session, BulkSend& bulk)>;

  // `change` alters it and its mails, or nothing.
  absl::StatusOr<BulkSend> Run(const std::string& id, Change change) const;

  storage::Database& database_;
  const Stores& stores_;
  const int64_t confirm_above_;
  CommitSignal& feed_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::invitation
