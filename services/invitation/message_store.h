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

#include "libs/storage/message_table.h"
#include "portico/invitation/v1/delivery.pb.h"
#include "services/invitation/mail_signal.h"
#include "services/invitation/template_text.h"

namespace portico::invitation {

using portico::invitation::v1::DeliveryAttempt;
using portico::invitation::v1::Message;

// What a mail is made from when its time comes.
struct MailContent {
  std::string sender_name;
  std::string template_id;
  int64_t template_version = 0;
  PlaceholderValues values;  // All but the link.
  std::string portal_url;
  std::string sealed_token;  // For the message's id; erased at the final state.
};

// Who goes first.
enum class Lane : int64_t {
  kAwaited = 0,  // What somebody waits for.
  kBulk = 1,
  kHeld = 2,  // Goes nowhere, as its bulk send is paused.
};

struct OutgoingMail {
  Message message;
  MailContent content;
  Lane lane = Lane::kAwaited;
  // The recipient of the bulk send whose present mail this is; 0 where it is none's.
  int64_t bulk_number = 0;
};

// Whose mail it is until then. A lease is told from a later one of the same owner by its end.
struct MailLease {
  std::string owner;
  absl::Time until;
};

// The queue of mails, and what became of them. Every call answers Session's errors.
class MessageStore {
 public:
  explicit MessageStore(MailSignal& signal);

  // Queues a message in state WAITING, and raises the signal once that is committed.
  absl::Status Insert(storage::Session& session, const OutgoingMail& mail) const;
  // The same for many. With a lease they are claimed already, and the signal is not raised.
  absl::Status InsertAll(storage::Session& session, std::span<const OutgoingMail> mails,
                         const std::optional<MailLease>& lease = std::nullopt) const;

  absl::StatusOr<std::optional<Message>> Find(storage::Session& session, std::string_view id) const;
  // As Find, and on PostgreSQL others wait with it until the transaction ends.
  absl::StatusOr<std::optional<Message>> Lock(storage::Session& session, std::string_view id) const;
  // Those of `ids` that still wait under the lease, in no order.
  absl::StatusOr<std::vector<OutgoingMail>> Leased(storage::Session& session,
                                                   const std::vector<std::string>& ids,
                                                   const MailLease& lease) const;
  // The invitation's mail that waits, if one does.
  absl::StatusOr<std::optional<OutgoingMail>> FindWaiting(storage::Session& session,
                                                          std::string_view invitation_id) const;

  // Waiting messages whose time has come and that nobody has a lease of, the longest due first.
  absl::StatusOr<std::vector<Message>> ListDue(storage::Session& session, absl::Time now,
                                               int64_t limit) const;
  // The same on PostgreSQL, locked until the transaction ends; those that others have locked
  // are passed over.
  absl::StatusOr<std::vector<Message>> LockDue(storage::Session& session, absl::Time now,
                                               int64_t limit) const;
  // When the next message that nobody has a lease of is due.
  absl::StatusOr<std::optional<absl::Time>> NextDue(storage::Session& session,
                                                    absl::Time now) const;
  absl::StatusOr<int64_t> CountWaiting(storage::Session& session) const;

  // False when the message no longer waits, or somebody has a lease of it.
  absl::StatusOr<bool> Lease(storage::Session& session, std::string_view id, std::string_view owner,
                             absl::Time until, absl::Time now) const;
  // A lease is told from a later one of the same owner by its end.
  absl::StatusOr<bool> HasLease(storage::Session& session, std::string_view id,
                                std::string_view owner, absl::Time until) const;
  absl::Status Release(storage::Session& session, std::string_view id, std::string_view owner,
                       absl::Time until) const;
  // All that have a lease with that end, or of that owner.
  absl::Status ReleaseClaim(storage::Session& session, std::string_view owner,
                            absl::Time until) const;
  absl::Status ReleaseAll(storage::Session& session, std::string_view owner) const;

  // What others than `owner` have leased for longer than `possible`, or what is due later after at
  // most so many attempts, is so no more than until `latest`.
  absl::Status EndLeasesBy(storage::Session& session, std::string_view owner, absl::Time latest,
                           absl::Time possible) const;
  absl::Status MakeDueBy(storage::Session& session, int64_t attempts, absl::Time latest) const;

  // Ends the invitation's waiting messages, whoever has a lease of them.
  absl::Status Cancel(storage::Session& session, std::string_view invitation_id,
                      std::string_view reason, absl::Time now) const;

  // Those of the bulk send that wait go out no more until Unhold, but for what is on its way.
  absl::Status Hold(storage::Session& session, std::string_view bulk_send_id) const;
  absl::Status Unhold(storage::Session& session, std::string_view bulk_send_id) const;
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

  // Writes the state, due and finish time, reason and attempts of a message and ends
  // its lease; a state that is final erases its token.
  absl::Status SaveProgress(storage::Session& session, const Message& message) const;

  // Adds the last of those attempts that `message` counts, but does not save their count.
  absl::Status AddAttempt(storage::Session& session, const Message& message,
                          const DeliveryAttempt& attempt) const;
  absl::Status SaveAttemptCount(storage::Session& session, const Message& message) const;
  // Those of one message, or of all of an invitation's, the latest last.
  absl::StatusOr<std::vector<DeliveryAttempt>> Attempts(storage::Session& session,
                                                        std::string_view message_id) const;
  absl::StatusOr<std::vector<DeliveryAttempt>> AttemptsOfInvitation(
      storage::Session& session, std::string_view invitation_id) const;

  // A page, the latest first.
  absl::StatusOr<portico::invitation::v1::ListMessagesResponse> List(
      storage::Session& session, const portico::invitation::v1::ListMessagesRequest& request) const;

 private:
  absl::StatusOr<std::vector<OutgoingMail>> ListMails(
      storage::Session& session, const std::string& rest,
      std::span<const storage::Value> arguments) const;

  MailSignal& signal_;
  const storage::Table<Message> table_;
  const storage::Table<DeliveryAttempt> attempts_;
};

}  // namespace portico::invitation
