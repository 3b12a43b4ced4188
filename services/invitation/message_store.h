#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/storage/message_table.h"
#include "services/invitation/commit_signal.h"
#include "services/invitation/outgoing_mail.h"

namespace portico::invitation {

using portico::invitation::v1::DeliveryAttempt;

// The mails, those that wait and those that came to their end; for the queue's part of them see
// DeliveryStore. Every call answers Session's errors.
class MessageStore {
 public:
  explicit MessageStore(CommitSignal& signal);

  // Queues a message in state WAITING, and raises the signal once that is committed.
  absl::Status Insert(storage::Session& session, const OutgoingMail& mail) const;
  // The same for many. With a lease they are claimed already, and the signal is not raised.
  absl::Status InsertAll(storage::Session& session, std::span<const OutgoingMail> mails,
                         const std::optional<MailLease>& lease = std::nullopt) const;

  absl::StatusOr<std::optional<Message>> Find(storage::Session& session, std::string_view id) const;
  // As Find, and on PostgreSQL others wait with it until the transaction ends.
  absl::StatusOr<std::optional<Message>> Lock(storage::Session& session, std::string_view id) const;
  // Those of the invitations that have a mail that waits.
  absl::StatusOr<std::set<std::string>> WithWaiting(
      storage::Session& session, const std::vector<std::string>& invitation_ids) const;
  // The invitation's mail that waits, if one does.
  absl::StatusOr<std::optional<OutgoingMail>> FindWaiting(storage::Session& session,
                                                          std::string_view invitation_id) const;

  // Ends the invitation's waiting messages, whoever has a lease of them.
  absl::Status Cancel(storage::Session& session, std::string_view invitation_id,
                      std::string_view reason, absl::Time now) const;

  // The same for messages of these ids.
  absl::Status CancelAll(storage::Session& session, const std::vector<std::string>& ids,
                         std::string_view reason, absl::Time now) const;

  // Those of the bulk send that wait go out no more until Unhold, but for what is on its way.
  absl::Status Hold(storage::Session& session, std::string_view bulk_send_id) const;
  absl::Status Unhold(storage::Session& session, std::string_view bulk_send_id) const;
  // The message has come to an end in that state, whoever has a lease of it.
  absl::Status End(storage::Session& session, std::string_view id,
                   portico::invitation::v1::MessageState state, absl::Time now) const;

  // Those of the bulk send that wait and that nobody has a lease of.
  absl::StatusOr<std::vector<Message>> WaitingOfBulk(storage::Session& session,
                                                     std::string_view bulk_send_id, absl::Time now,
                                                     int64_t limit) const;
  // Ends those. Answers how many.
  absl::StatusOr<int64_t> CancelOfBulk(storage::Session& session, std::string_view bulk_send_id,
                                       std::string_view reason, absl::Time now) const;
  // A later mail takes this one's place in its bulk send.
  absl::Status LeaveBulk(storage::Session& session, std::string_view id) const;

  // To whom a contact's mails went.
  absl::StatusOr<std::vector<std::string>> Addresses(storage::Session& session,
                                                     std::string_view contact_id) const;

  // Forgets to whom a contact's mails went, what stood in them and what was replied.
  absl::Status Erase(storage::Session& session, std::string_view contact_id) const;

  // Those of one message, or of all of an invitation's, the latest last.
  absl::StatusOr<std::vector<DeliveryAttempt>> Attempts(storage::Session& session,
                                                        std::string_view message_id) const;
  absl::StatusOr<std::vector<DeliveryAttempt>> AttemptsOfInvitation(
      storage::Session& session, std::string_view invitation_id) const;

  // Whether its invitation was not sent again since, reminders not counted.
  absl::StatusOr<bool> IsLatest(storage::Session& session, const Message& message) const;

  // A page, the latest first.
  absl::StatusOr<portico::invitation::v1::ListMessagesResponse> List(
      storage::Session& session, const portico::invitation::v1::ListMessagesRequest& request) const;

 private:
  CommitSignal& signal_;
  const OutgoingMailTable table_;
  const storage::Table<DeliveryAttempt> attempts_;
};

}  // namespace portico::invitation
