#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "libs/base/clock.h"
#include "libs/storage/database.h"
#include "libs/storage/request_log.h"
#include "services/invitation/commit_signal.h"
#include "services/invitation/sender_domains.h"
#include "services/invitation/stores.h"

namespace portico::invitation {

// Makes bulk sends. Thread-safe.
class BulkCreation {
 public:
  // `gather` wakes whoever gathers recipients.
  BulkCreation(storage::Database& database, const Stores& stores, const SenderDomains& senders,
               CommitSignal& gather, const Clock& clock)
      : database_(database),
        stores_(stores),
        senders_(senders),
        gather_(gather),
        clock_(clock),
        requests_(clock) {}

  // INVALID_ARGUMENT, NOT_FOUND and ALREADY_EXISTS as the proto states. `creator` is the subject
  // of who asks for it.
  absl::StatusOr<BulkSend> Create(const v1::CreateBulkSendRequest& request,
                                  const std::string& creator) const;

 private:
  absl::Status Check(const BulkSend& bulk) const;
  // The texts that it mails: its template's, where it has none of its own.
  struct Texts {
    BulkStore::Texts version;
    std::optional<TemplateText> own;
  };
  absl::StatusOr<Texts> ChooseTexts(storage::Session& session, const BulkSend& bulk) const;

  storage::Database& database_;
  const Stores& stores_;
  const SenderDomains& senders_;
  CommitSignal& gather_;
  const Clock& clock_;
  const storage::RequestLog requests_;
};

}  // namespace portico::invitation
