#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <map>
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
#include "services/invitation/stale_recipients.h"

namespace portico::invitation {

using portico::invitation::v1::Invitation;

// Live: on its way to be accepted, PENDING, SENT, DEFERRED or DELIVERED. A
// contact has one at most, by a unique index. The time is not looked at.
bool IsLive(const Invitation& invitation);

// Its link can be accepted: live, or BOUNCED or FAILED, since a mail that was
// reported so may have arrived nevertheless. The time is not looked at.
bool IsOpen(const Invitation& invitation);

bool IsPastExpiry(const Invitation& invitation, absl::Time now);

// Invitations and the hashes of their links' tokens. One has several where it was reminded of; they
// are valid together or not at all. What writes publishes
// InvitationChanged in the same transaction. Every call answers Session's errors.
class InvitationStore {
 public:
  // Whose contact has its first or no more invitation is noted as stale.
  InvitationStore(events::EventLog& events, const StaleRecipients& stale);

  // Stores a new invitation; its etag is set.
  absl::Status Insert(storage::Session& session, Invitation& invitation,
                      std::string_view token_hash) const;

  // The same for many; a token's hash for each.
  absl::Status InsertAll(storage::Session& session, std::span<Invitation> invitations,
                         std::span<const std::string> token_hashes) const;

  // Writes an invitation with what was changed in it; its etag is renewed.
  absl::Status Save(storage::Session& session, Invitation& invitation) const;

  // Writes state and time of sending of many, whose etags are renewed.
  absl::Status SaveSending(storage::Session& session,
                           std::span<Invitation* const> invitations) const;

  absl::StatusOr<std::optional<Invitation>> Find(storage::Session& session,
                                                 std::string_view id) const;
  // As Find, and on PostgreSQL others wait with it until the transaction ends.
  absl::StatusOr<std::optional<Invitation>> Lock(storage::Session& session,
                                                 std::string_view id) const;
  // The same for many, by id.
  absl::StatusOr<std::map<std::string, Invitation>> LockAll(
      storage::Session& session, const std::vector<std::string>& ids) const;
  // Forgets the addresses of a contact's invitations, in their events too.
  absl::Status Erase(storage::Session& session, std::string_view contact_id) const;
  // By id.
  absl::StatusOr<std::map<std::string, Invitation>> FindAll(
      storage::Session& session, const std::vector<std::string>& ids) const;
  absl::StatusOr<std::optional<Invitation>> FindByToken(storage::Session& session,
                                                        std::string_view token_hash) const;
  absl::StatusOr<std::optional<Invitation>> FindLive(storage::Session& session,
                                                     std::string_view contact_id) const;

  // Those of the contacts that have an open one, whether or not its link is dead.
  absl::StatusOr<std::set<std::string>> WithOpen(storage::Session& session,
                                                 const std::vector<std::string>& contact_ids) const;

  // Those of the contacts that have one that was not revoked, whatever became of it.
  absl::StatusOr<std::set<std::string>> WithUnrevoked(
      storage::Session& session, const std::vector<std::string>& contact_ids) const;

  // By contact, the one that was made last for each.
  absl::StatusOr<std::map<std::string, Invitation>> LatestOf(
      storage::Session& session, const std::vector<std::string>& contact_ids) const;

  // The id of the one made last for a contact; "" without any.
  absl::StatusOr<std::string> LatestId(storage::Session& session,
                                       std::string_view contact_id) const;

  // The next that are live although their time is over.
  absl::StatusOr<std::vector<Invitation>> ListPastExpiry(storage::Session& session, absl::Time now,
                                                         int64_t limit) const;

  // All of them, as InvitationChanged.
  events::SnapshotKind Snapshot() const;

  // The next that are sent, in their time and to be reminded of.
  absl::StatusOr<std::vector<Invitation>> ListReminderDue(storage::Session& session, absl::Time now,
                                                          int64_t limit) const;

  // A page, the latest first.
  absl::StatusOr<portico::invitation::v1::ListInvitationsResponse> List(
      storage::Session& session,
      const portico::invitation::v1::ListInvitationsRequest& request) const;

  // The only link of the invitation is the one with this token from now on; it is one more; or there
  // is none.
  absl::Status ReplaceToken(storage::Session& session, std::string_view id,
                            std::string_view token_hash) const;
  absl::Status AddToken(storage::Session& session, std::string_view id,
                        std::string_view token_hash) const;
  absl::Status KillTokens(storage::Session& session, std::string_view id) const;

  // BOUNCED and FAILED invitations of the contact can be accepted no more, but
  // for those to `kept_email`; their state stays as the record of what happened.
  absl::Status KillOldLinks(storage::Session& session, std::string_view contact_id,
                            std::string_view kept_email = "") const;

  // Takes the invitation for an acceptance, in one conditional update: only an
  // open one within its time and by a valid link. Nullopt when it is not; nothing is
  // published then.
  absl::StatusOr<std::optional<Invitation>> Redeem(storage::Session& session, std::string_view id,
                                                   std::string_view token_hash,
                                                   std::string_view acceptance_id,
                                                   absl::Time now) const;

  // Whether the invitation is the acceptance's already, by this link.
  absl::StatusOr<bool> IsRedeemedBy(storage::Session& session, std::string_view id,
                                    std::string_view token_hash,
                                    std::string_view acceptance_id) const;

 private:
  absl::StatusOr<std::map<std::string, Invitation>> ListAll(storage::Session& session,
                                                            const std::vector<std::string>& ids,
                                                            const std::string& ending) const;
  absl::Status SetLatestToken(storage::Session& session, std::string_view id,
                              std::string_view token_hash) const;
  absl::Status ForgetEarlierTokens(storage::Session& session, std::string_view id) const;
  absl::Status Publish(storage::Session& session, const Invitation& invitation) const;

  events::EventLog& events_;
  const StaleRecipients& stale_;
  const storage::Table<Invitation> table_;
};

}  // namespace portico::invitation
