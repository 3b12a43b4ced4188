#pragma once

#include <absl/status/statusor.h>

#include <string_view>
#include <vector>

#include "libs/storage/message_table.h"
#include "services/invitation/message_store.h"

namespace portico::invitation {

// What was reported of mails after a mail server took them. Every call answers Session's errors.
class DeliveryReportStore {
 public:
  DeliveryReportStore();

  // False when the mail has one with that content already.
  absl::StatusOr<bool> Add(storage::Session& session, std::string_view message_id,
                           std::string_view content_hash, const DeliveryAttempt& report) const;

  // Of one mail, or of all of an invitation's, the latest last.
  absl::StatusOr<std::vector<DeliveryAttempt>> Of(storage::Session& session,
                                                  std::string_view message_id) const;
  absl::StatusOr<std::vector<DeliveryAttempt>> OfInvitation(storage::Session& session,
                                                            std::string_view invitation_id) const;

  // Forgets the words in those of the contact's mails.
  absl::Status Erase(storage::Session& session, std::string_view contact_id) const;

 private:
  const storage::Table<DeliveryAttempt> table_;
};

// The tries to deliver something and what was reported of it, the latest last.
std::vector<DeliveryAttempt> History(std::vector<DeliveryAttempt> tries,
                                     std::vector<DeliveryAttempt> reports);

}  // namespace portico::invitation
